-- Open pipeline on $as_of. Paused opportunities are in it, those put off until a later day are not.
-- Grain: pipeline x stage x groups.  The month is that of the expected close.  Reads: opportunity_state.
WITH {standing_open}, {stock},
tally AS (
    SELECT {dims} pipeline, stage, any_value(stage_order) AS stage_order, is_in, status,
        coalesce(expected_close_on < $as_of, false) AS is_overdue, count(*) AS rows, sum(amount_base) AS amount,
        count(*) FILTER (amount_base IS NULL) AS missing
    FROM stock
    GROUP BY {groups} pipeline, stage, is_in, status, is_overdue
)
SELECT
    {dims} pipeline, stage, any_value(stage_order) AS stage_order,
    sum(rows) FILTER (is_in) AS n,
    sum(amount) FILTER (is_in) AS amount,
    sum(missing) FILTER (is_in) AS amount_missing,
    sum(rows) FILTER (is_in AND status = 'paused') AS paused,
    sum(rows) FILTER (is_in AND is_overdue) AS overdue,
    sum(rows) FILTER (NOT is_in) AS future
FROM tally
GROUP BY {groups} pipeline, stage
