-- How far the necessary conditions of an opportunity are met on $as_of, 0 to 100: the mean of the latest answers to each
-- (METHOD B8).  Grain: opportunity with any answer.  Reads: opportunity_state, the canonical table checklist.
SELECT opportunity_key, round(avg(value) * 100, 6) AS need
FROM (
    SELECT opportunity_id, item, arg_max(value, assessed_on) AS value
    FROM checklist
    WHERE kind = 'necessary_condition' AND assessed_on <= $as_of AND value IS NOT NULL
    GROUP BY opportunity_id, item
)
JOIN (
    SELECT opportunity_id, opportunity_key FROM opportunity_state
    WHERE {where} AND valid_from <= $as_of AND (valid_to IS NULL OR valid_to > $as_of)
) USING (opportunity_id)
GROUP BY opportunity_key
