-- Conversion, reading F3 (DOMAIN B12): what became of the opportunities that reached a stage in the period.
-- Grain: pipeline x stage x groups.  Reads: stage_reach; stage_visit and opportunity_state for the few set apart.
-- n = reached + lost + open; void, deleted and future are outside n and counted beside it.
WITH {apart}, {reach},
counted AS (SELECT *, is_counted AND (ended IS NULL OR ended IN ('lost', 'no_decision')) AS is_in FROM reached)
SELECT
    {dims} pipeline, stage, any_value(stage_order) AS stage_order,
    count(*) FILTER (is_in) AS n,
    count(*) FILTER (is_in AND is_passed) AS reached,
    count(*) FILTER (is_in AND ended = 'lost') AS lost_only,
    count(*) FILTER (is_in AND ended = 'no_decision') AS no_decision,
    count(*) FILTER (is_in AND NOT is_passed AND ended IS NULL) AS open,
    count(*) FILTER (is_in AND regressed_on <= $as_of) AS regressed,
    count(*) FILTER (is_in AND is_skipped) AS skipped,
    count(*) FILTER (is_counted AND ended = 'void') AS void,
    count(*) FILTER (is_counted AND ended = 'deleted') AS deleted,
    count(*) FILTER (is_counted AND ended = 'future') AS future,
    count(*) FILTER (NOT is_counted) AS entry_unknown,
    sum(amount_base) FILTER (is_in) AS amount_n,
    sum(amount_base) FILTER (is_in AND is_passed) AS amount_reached,
    sum(amount_base * amount_base::DOUBLE) FILTER (is_in) AS amount_square_n,
    count(*) FILTER (is_in AND amount_base IS NULL) AS amount_missing
FROM counted
GROUP BY {groups} pipeline, stage
