-- Open opportunities that are expected to close in the period, also where the period is not over or the day is past.
-- Grain: groups.  The month is that of the expected close.  $due_by: the last day of the period.  Reads: opportunity_state.
WITH {standing}, {stock}
SELECT {dims} count(*) AS n, sum(amount_base) AS amount, count(*) FILTER (amount_base IS NULL) AS amount_missing,
    count(*) FILTER (expected_close_on < $as_of) AS overdue
FROM stock
WHERE is_in AND expected_close_on BETWEEN $start AND $due_by
GROUP BY ({groups})
