-- Presales hours and cost spent on the opportunities closed in the period (METHOD B8, B18), whoever spent them.
-- Grain: groups x segment x grade x outcome x supported (asked for support before it closed) x is_late (came at least to
-- stage $from_stage) x condition: weak | met | unknown (mean of the latest answers to the necessary conditions).
-- Reads: opportunity_state, the canonical tables support_request and checklist.
WITH {standing}, {closed}, {request},
spent AS (
    SELECT opportunity_key, sum(hours) AS hours, sum(cost) AS cost, min(requested_on) AS first_on,
        count(*) FILTER (hours IS NULL) AS hours_unknown, count(*) FILTER (cost IS NULL) AS cost_unknown
    FROM request
    WHERE opportunity_key IS NOT NULL
    GROUP BY opportunity_key
),
condition AS (
    SELECT opportunity_key, CASE WHEN need < $weak THEN 'weak' ELSE 'met' END AS condition FROM {shared_conditions}
)
SELECT {dims} coalesce(segment::VARCHAR, '(unknown)') AS segment, coalesce(grade::VARCHAR, '(unknown)') AS grade,
    status::VARCHAR AS outcome, coalesce(first_on <= closed_on, first_on IS NOT NULL) AS is_supported,
    coalesce(highest_order >= $from_stage, false) AS is_late, coalesce(condition, 'unknown') AS condition,
    count(*) AS n, coalesce(sum(hours), 0) AS hours, coalesce(sum(hours * hours), 0) AS hours_square,
    count(hours) AS with_hours, coalesce(sum(cost), 0) AS cost,
    coalesce(sum(hours_unknown), 0) AS hours_unknown, coalesce(sum(cost_unknown), 0) AS cost_unknown,
    sum(amount_base) AS amount, count(*) FILTER (amount_base IS NULL) AS amount_missing
FROM closed
LEFT JOIN spent USING (opportunity_key)
LEFT JOIN condition USING (opportunity_key)
GROUP BY ALL
