-- Conversion, reading F3 (METHOD B12): what became of the opportunities that reached a stage in the period.
-- Grain: pipeline x stage x groups.  Reads: stage_reach; stage_visit and opportunity_state for the few set apart.
-- n = reached + lost + open; void, deleted and future are outside n and counted beside it.
-- Rows are tallied by what they are first, as numbers (fragment_reach.sql), and the few tallies counted then: many times
-- faster than counting rows.
WITH {apart}, {reach},
tally AS (
    SELECT {dims} pattern, fate, count(*) FILTER (regressed_on <= $as_of) AS back, {tally_amounts}
    FROM reached
    GROUP BY {groups} pattern, fate
),
told AS (
    SELECT *, is_entry_known OR NOT $has_start AS is_counted, fate = 0 AS is_passed,
        (is_entry_known OR NOT $has_start) AND fate IN (0, 1, 2, 7) AS is_in
    FROM tally JOIN reach_pattern USING (pattern)
)
SELECT
    {dims} pipeline, stage, any_value(stage_order) AS stage_order,
    sum(rows) FILTER (is_in) AS n,
    sum(rows) FILTER (is_in AND is_passed) AS reached,
    sum(rows) FILTER (is_in AND fate = 1) AS lost_only,
    sum(rows) FILTER (is_in AND fate = 2) AS no_decision,
    sum(rows) FILTER (is_in AND fate = 7) AS open,
    sum(back) FILTER (is_in AND back > 0) AS regressed,
    sum(rows) FILTER (is_in AND is_skipped) AS skipped,
    sum(rows) FILTER (is_counted AND fate = 3) AS void,
    sum(rows) FILTER (is_counted AND fate = 4) AS deleted,
    sum(rows) FILTER (is_counted AND fate = 5) AS future,
    sum(rows) FILTER (NOT is_counted) AS entry_unknown,
    sum(rows) FILTER (is_in AND NOT is_entry_known) AS undated,
    sum(amount) FILTER (is_in) AS amount_n,
    sum(amount) FILTER (is_in AND is_passed) AS amount_reached,
    sum(square) FILTER (is_in) AS amount_square_n,
    sum(missing) FILTER (is_in) AS amount_missing
FROM told
GROUP BY {groups} pipeline, stage
