-- Won and lost in the period by the last answer to each control point before the close.  Grain: pipeline x item x value.
WITH {standing}, {closed}, answer AS (
    SELECT c.opportunity_id, item, any_value(pipeline) AS pipeline, any_value(status) AS status,
        arg_max(value, assessed_on) AS value
    FROM checklist k JOIN closed c ON c.opportunity_id = k.opportunity_id
    WHERE kind = 'control_point' AND assessed_on <= c.closed_on AND c.status IN ('won', 'lost') AND c.closed_on <= $as_of
    GROUP BY c.opportunity_id, item
)
SELECT pipeline, item, value, count(*) AS n, count(*) FILTER (status = 'won') AS won
FROM answer
WHERE value IS NOT NULL
GROUP BY pipeline, item, value
