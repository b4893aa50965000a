-- Conversion, reading F3s (METHOD B12): every stage must really be entered, one after the other.
-- Grain: pipeline x stage x groups.  Reads: as reach_counts.
-- n = reached + lost + open + out_of_order; the last went on, but not to the next stage in order.
WITH {apart}, {reach}, {in_order},
tally AS (
    SELECT {dims} pipeline, stage, any_value(stage_order) AS stage_order, is_passed, is_gone_on, ended,
        is_passed OR ended IS NULL OR ended IN ('lost', 'no_decision') AS is_in,
        coalesce(regressed_on <= $as_of, false) AS is_regressed,
        {tally_amounts}
    FROM in_order
    GROUP BY {groups} pipeline, stage, is_passed, is_gone_on, ended, is_in, is_regressed
)
SELECT
    {dims} pipeline, stage, any_value(stage_order) AS stage_order,
    sum(rows) FILTER (is_in) AS n,
    sum(rows) FILTER (is_passed) AS reached,
    sum(rows) FILTER (is_in AND NOT is_passed AND ended = 'lost') AS lost_only,
    sum(rows) FILTER (is_in AND NOT is_passed AND ended = 'no_decision') AS no_decision,
    sum(rows) FILTER (is_in AND NOT is_passed AND NOT is_gone_on AND ended IS NULL) AS open,
    sum(rows) FILTER (is_in AND NOT is_passed AND is_gone_on) AS out_of_order,
    sum(rows) FILTER (is_in AND is_regressed) AS regressed,
    sum(rows) FILTER (NOT is_passed AND ended = 'void') AS void,
    sum(rows) FILTER (NOT is_passed AND ended = 'deleted') AS deleted,
    sum(rows) FILTER (NOT is_passed AND ended = 'future') AS future,
    sum(amount) FILTER (is_in) AS amount_n,
    sum(amount) FILTER (is_passed) AS amount_reached,
    sum(square) FILTER (is_in) AS amount_square_n,
    sum(missing) FILTER (is_in) AS amount_missing
FROM tally
GROUP BY {groups} pipeline, stage
