-- Conversion, reading F3s (DOMAIN B12): every stage must really be entered, one after the other.
-- Grain: pipeline x stage x groups.  Reads: as reach_counts.
-- n = reached + lost + open + out_of_order; the last went on, but not to the next stage in order.
WITH {apart}, {reach}, {in_order},
judged AS (SELECT *, is_passed OR ended IS NULL OR ended IN ('lost', 'no_decision') AS is_in FROM in_order)
SELECT
    {dims} pipeline, stage, any_value(stage_order) AS stage_order,
    count(*) FILTER (is_in) AS n,
    count(*) FILTER (is_passed) AS reached,
    count(*) FILTER (is_in AND NOT is_passed AND ended = 'lost') AS lost_only,
    count(*) FILTER (is_in AND NOT is_passed AND ended = 'no_decision') AS no_decision,
    count(*) FILTER (is_in AND NOT is_passed AND NOT is_gone_on AND ended IS NULL) AS open,
    count(*) FILTER (is_in AND NOT is_passed AND is_gone_on) AS out_of_order,
    count(*) FILTER (is_in AND regressed_on <= $as_of) AS regressed,
    count(*) FILTER (NOT is_passed AND ended = 'void') AS void,
    count(*) FILTER (NOT is_passed AND ended = 'deleted') AS deleted,
    count(*) FILTER (NOT is_passed AND ended = 'future') AS future,
    sum(amount_base) FILTER (is_in) AS amount_n,
    sum(amount_base) FILTER (is_passed) AS amount_reached,
    sum(amount_base * amount_base::DOUBLE) FILTER (is_in) AS amount_square_n,
    count(*) FILTER (is_in AND amount_base IS NULL) AS amount_missing
FROM judged
GROUP BY {groups} pipeline, stage
