-- The opportunities behind a mark of conversion.reached, .strict or .matured.  Grain: opportunity.
-- $outcome: n | reached | lost | open | no_decision | regressed | skipped | void | deleted | future | out_of_order
WITH {apart}, {reach}, {in_order},
chosen AS (
    SELECT opportunity_id, pipeline, stage, month, is_passed, ended, regressed_on, is_skipped, false AS is_gone_on
    FROM reached WHERE is_counted AND NOT $strict
    UNION ALL
    SELECT opportunity_id, pipeline, stage, month, is_passed, ended, regressed_on, is_skipped, is_gone_on
    FROM in_order WHERE $strict
)
SELECT DISTINCT opportunity_id, NULL::BIGINT AS days
FROM chosen
WHERE {mark} AND CASE $outcome
    WHEN 'reached' THEN is_passed
    WHEN 'lost' THEN NOT is_passed AND ended IN ('lost', 'no_decision')
    WHEN 'open' THEN NOT is_passed AND NOT is_gone_on AND ended IS NULL
    WHEN 'out_of_order' THEN NOT is_passed AND is_gone_on
    WHEN 'regressed' THEN (is_passed OR ended IS NULL OR ended IN ('lost', 'no_decision')) AND regressed_on <= $as_of
    WHEN 'skipped' THEN (is_passed OR ended IS NULL OR ended IN ('lost', 'no_decision')) AND is_skipped
    WHEN 'n' THEN is_passed OR ended IS NULL OR ended IN ('lost', 'no_decision')
    ELSE NOT is_passed AND ended = $outcome END
