-- Conversion, reading F4 (METHOD B12): days from reaching a stage to passing it or to the closing that ended it.
-- Grain: pipeline x stage x groups x outcome x days.  Reads: as reach_counts.
-- outcome: passed | lost (lost, no_decision, void: whatever makes passing impossible) | open (censored).
-- Days beyond the horizon are one day: nothing is asked of them but that they are later.
-- Tallied by numbers first, as reach_counts.
WITH {apart}, {reach},
tally AS (
    SELECT {dims} pattern, CASE WHEN fate = 0 THEN 0::UTINYINT WHEN fate <= 3 THEN 1::UTINYINT ELSE 2::UTINYINT END AS way,
        least(CASE WHEN fate = 0 THEN passed_on WHEN fate < 7 THEN ended_on ELSE $as_of END - reached_on, $horizon + 1)::INTEGER
            AS days,
        count(*) AS rows, sum(amount_base) AS amount, count(*) - count(amount_base) AS missing
    FROM reached
    WHERE is_entry_known
    GROUP BY {groups} pattern, way, days
)
SELECT
    {dims} pipeline, stage, any_value(stage_order) AS stage_order,
    CASE way WHEN 0 THEN 'passed' WHEN 1 THEN 'lost' ELSE 'open' END AS outcome, days,
    sum(rows)::BIGINT AS n, sum(amount) AS amount_n, sum(missing)::BIGINT AS amount_missing
FROM tally JOIN reach_pattern USING (pattern)
GROUP BY {groups} pipeline, stage, outcome, days
