-- Open pipeline at the end of each of $days. Put off until a later day is not in it.
-- Grain: day x pipeline x stage x groups.  Reads: opportunity_state.
WITH asked AS (SELECT unnest($days::DATE[]) AS day),
stock AS (
    SELECT * FROM opportunity_state, asked
    WHERE {where} AND valid_from <= day AND (valid_to IS NULL OR valid_to > day)
        AND closed_on IS NULL AND (valid_to IS NULL OR valid_to > list_min($days::DATE[]))
        AND (status IN ('open', 'paused') OR (status = 'future' AND coalesce(wake_on <= day, false)))
)
SELECT
    {dims} day, pipeline, stage, any_value(stage_order) AS stage_order,
    count(*) AS n, sum(amount_base) AS amount, count(*) FILTER (amount_base IS NULL) AS amount_missing,
    count(*) FILTER (status = 'paused') AS paused, count(*) FILTER (expected_close_on < day) AS overdue, 0 AS future
FROM stock
GROUP BY {groups} day, pipeline, stage
