-- Open opportunities whose record lacks something: how many, and their amount.  Grain: groups.  A count is NULL where
-- it cannot be known.  The month is that of the expected close.  Reads: see fragment_kept.sql.
WITH {kept}
SELECT {dims} count(*) AS n, count(coalesce(past_due, no_close_date, no_amount, no_next_step, no_activity)) AS measured,
    sum(amount_base) AS amount,
    count(*) FILTER (past_due OR no_close_date OR no_amount OR no_next_step OR no_activity) AS flagged,
    sum(amount_base) FILTER (past_due OR no_close_date OR no_amount OR no_next_step OR no_activity) AS flagged_amount,
    CASE WHEN count(past_due) > 0 THEN count(*) FILTER (past_due) END AS past_due,
    sum(amount_base) FILTER (past_due) AS past_due_amount,
    CASE WHEN count(no_close_date) > 0 THEN count(*) FILTER (no_close_date) END AS no_close_date,
    sum(amount_base) FILTER (no_close_date) AS no_close_date_amount,
    CASE WHEN count(no_amount) > 0 THEN count(*) FILTER (no_amount) END AS no_amount,
    CASE WHEN count(no_next_step) > 0 THEN count(*) FILTER (no_next_step) END AS no_next_step,
    sum(amount_base) FILTER (no_next_step) AS no_next_step_amount,
    CASE WHEN count(no_activity) > 0 THEN count(*) FILTER (no_activity) END AS no_activity,
    sum(amount_base) FILTER (no_activity) AS no_activity_amount
FROM flagged
GROUP BY ({groups})
