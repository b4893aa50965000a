-- Conversion, reading F4 (METHOD B12): days from reaching a stage to passing it or to the closing that ended it.
-- Grain: pipeline x stage x groups x outcome x days.  Reads: as reach_counts.
-- outcome: passed | lost (lost, no_decision, void: whatever makes passing impossible) | open (censored).
-- Days beyond the horizon are one day: nothing is asked of them but that they are later.
WITH {apart}, {reach},
timed AS (
    SELECT *,
        CASE WHEN is_passed THEN 'passed' WHEN ended IN ('lost', 'no_decision', 'void') THEN 'lost' ELSE 'open' END AS outcome,
        CASE WHEN is_passed THEN passed_on WHEN ended IS NOT NULL THEN ended_on ELSE $as_of END AS seen_until
    FROM reached
    WHERE is_entry_known
)
SELECT
    {dims} pipeline, stage, any_value(stage_order) AS stage_order, outcome,
    least(seen_until - reached_on, $horizon + 1)::INTEGER AS days,
    count(*) AS n, sum(amount_base) AS amount_n, count(*) FILTER (amount_base IS NULL) AS amount_missing
FROM timed
GROUP BY {groups} pipeline, stage, outcome, days
