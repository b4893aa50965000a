-- Control points of open opportunities (METHOD B10): the latest answer to each.  Grain: pipeline x stage x item.
-- known: answered; total: sum of the answers (0, 1/2, 1).  Reads: opportunity_state, the canonical table checklist.
WITH {standing_open}, answer AS (
    SELECT opportunity_id, item, arg_max(value, assessed_on) AS value FROM checklist
    WHERE kind = 'control_point' AND assessed_on <= $as_of GROUP BY opportunity_id, item
)
SELECT pipeline, stage, any_value(stage_order) AS stage_order, item, count(value) AS known, sum(value) AS total,
    count(*) FILTER (value = 1) AS full
FROM standing JOIN answer USING (opportunity_id)
WHERE status IN ('open', 'paused') AND item IS NOT NULL
GROUP BY pipeline, stage, item
