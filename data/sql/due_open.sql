-- Open opportunities that are expected to close in the period, also where the period is not over or the day is past.
-- Grain: groups.  overdue: all that are past due on $as_of, whichever the period; late: those of them whose day lies
-- before the period, so that they are not in n.  The month is that of the expected close.
-- $due_by: the last day of the period.  Reads: opportunity_state.
WITH {standing_open}, {stock},
due AS (
    SELECT *, expected_close_on BETWEEN $start AND $due_by AS is_due, expected_close_on < $as_of AS is_overdue
    FROM stock
    WHERE is_in AND (expected_close_on BETWEEN $start AND $due_by OR expected_close_on < $as_of)
)
SELECT {dims} count(*) FILTER (is_due) AS n, sum(amount_base) FILTER (is_due) AS amount,
    count(*) FILTER (is_due AND amount_base IS NULL) AS amount_missing,
    count(*) FILTER (is_overdue) AS overdue, sum(amount_base) FILTER (is_overdue) AS overdue_amount,
    count(*) FILTER (NOT is_due) AS late, sum(amount_base) FILTER (NOT is_due) AS late_amount
FROM due
GROUP BY ({groups})
