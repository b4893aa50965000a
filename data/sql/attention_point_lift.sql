-- Won and lost in the period by the last answer to each control point before the close.  Grain: pipeline x item x value.
WITH {standing}, {closed}, point AS MATERIALIZED (
    SELECT opportunity_id, item, value, assessed_on FROM checklist
    WHERE kind = 'control_point' AND assessed_on <= $as_of AND value IS NOT NULL
), ended AS MATERIALIZED (
    SELECT opportunity_id, pipeline, status, closed_on FROM closed
    WHERE status IN ('won', 'lost') AND closed_on <= $as_of AND opportunity_id IN (SELECT opportunity_id FROM point)
), answer AS (
    SELECT opportunity_id, item, any_value(pipeline) AS pipeline, any_value(status) AS status,
        arg_max(value, assessed_on) AS value
    FROM point JOIN ended USING (opportunity_id)
    WHERE assessed_on <= closed_on
    GROUP BY opportunity_id, item
)
SELECT pipeline, item, value, count(*) AS n, count(*) FILTER (status = 'won') AS won
FROM answer
GROUP BY pipeline, item, value
