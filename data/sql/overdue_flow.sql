-- When opportunities became overdue (still open after their expected close) and when they stopped being so: the running
-- sum is the number overdue on a day.  Grain: day x groups.  Reads: opportunity_state.
WITH late AS (
    SELECT *, greatest(valid_from, expected_close_on + 1) AS late_from
    FROM opportunity_state
    WHERE {where} AND status IN ('open', 'paused') AND closed_on IS NULL AND valid_from <= $as_of AND expected_close_on < $as_of
        AND (valid_to IS NULL OR valid_to > expected_close_on + 1)
), moved AS (
    SELECT *, unnest([late_from, valid_to]) AS day, unnest([1, -1]) AS step FROM late
)
SELECT {dims} day, sum(step)::BIGINT AS change
FROM moved
WHERE day <= $as_of
GROUP BY {groups} day
