-- Conversion, reading F3 (METHOD B12): what became of the opportunities that reached a stage in the period.
-- Grain: pipeline x stage x groups.  Reads: stage_reach; stage_visit and opportunity_state for the few set apart.
-- n = reached + lost + open; void, deleted and future are outside n and counted beside it.
-- Rows are tallied by what they are first, and the few tallies counted then: many times faster than counting rows.
WITH {apart}, {reach},
tally AS (
    SELECT {dims} pipeline, stage, any_value(stage_order) AS stage_order, is_counted, is_entry_known, is_passed, ended,
        is_skipped,
        is_counted AND (ended IS NULL OR ended IN ('lost', 'no_decision')) AS is_in,
        coalesce(regressed_on <= $as_of, false) AS is_regressed,
        {tally_amounts}
    FROM reached
    GROUP BY {groups} pipeline, stage, is_counted, is_entry_known, is_passed, ended, is_skipped, is_in, is_regressed
)
SELECT
    {dims} pipeline, stage, any_value(stage_order) AS stage_order,
    sum(rows) FILTER (is_in) AS n,
    sum(rows) FILTER (is_in AND is_passed) AS reached,
    sum(rows) FILTER (is_in AND ended = 'lost') AS lost_only,
    sum(rows) FILTER (is_in AND ended = 'no_decision') AS no_decision,
    sum(rows) FILTER (is_in AND NOT is_passed AND ended IS NULL) AS open,
    sum(rows) FILTER (is_in AND is_regressed) AS regressed,
    sum(rows) FILTER (is_in AND is_skipped) AS skipped,
    sum(rows) FILTER (is_counted AND ended = 'void') AS void,
    sum(rows) FILTER (is_counted AND ended = 'deleted') AS deleted,
    sum(rows) FILTER (is_counted AND ended = 'future') AS future,
    sum(rows) FILTER (NOT is_counted) AS entry_unknown,
    sum(rows) FILTER (is_in AND NOT is_entry_known) AS undated,
    sum(amount) FILTER (is_in) AS amount_n,
    sum(amount) FILTER (is_in AND is_passed) AS amount_reached,
    sum(square) FILTER (is_in) AS amount_square_n,
    sum(missing) FILTER (is_in) AS amount_missing
FROM tally
GROUP BY {groups} pipeline, stage
