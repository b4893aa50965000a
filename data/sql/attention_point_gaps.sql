-- Open opportunities per stage and whether the control points due by then are answered.  Grain: pipeline x stage.
-- $early, $late: the items of before and during the tender; early_met: at least two of $early; late_met: all of $late.
WITH {standing}, answer AS (
    SELECT opportunity_id, item, arg_max(value, assessed_on) AS value FROM checklist
    WHERE kind = 'control_point' AND assessed_on <= $as_of GROUP BY opportunity_id, item
), score AS (
    SELECT opportunity_id, sum(value) FILTER (list_contains($early, item)) AS early,
        sum(value) FILTER (list_contains($late, item)) AS late, sum(value) / len($early || $late) * 100 AS control
    FROM answer GROUP BY opportunity_id
)
SELECT pipeline, stage, any_value(stage_order) AS stage_order, count(*) AS n, count(control) AS known, avg(control) AS control,
    count(*) FILTER (early >= 2) AS early_met, count(*) FILTER (late >= len($late)) AS late_met
FROM standing LEFT JOIN score USING (opportunity_id)
WHERE status IN ('open', 'paused') AND pipeline::VARCHAR IN (
    SELECT DISTINCT pipeline::VARCHAR FROM standing JOIN answer USING (opportunity_id))
GROUP BY pipeline, stage
ORDER BY pipeline, stage_order
