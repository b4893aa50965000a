-- Conversion, reading F3s (METHOD B12): every stage must really be entered, one after the other.
-- Grain: pipeline x stage x groups.  Reads: as reach_counts.
-- n = reached + lost + open + out_of_order; the last went on, but not to the next stage in order.
WITH {apart}, {reach}, {in_order},
tally AS (
    SELECT {dims} pattern, fate, count(*) FILTER (regressed_on <= $as_of) AS back, {tally_amounts}
    FROM in_order
    GROUP BY {groups} pattern, fate
),
told AS (SELECT *, fate IN (0, 1, 2, 7, 8) AS is_in FROM tally JOIN reach_pattern USING (pattern))
SELECT
    {dims} pipeline, stage, any_value(stage_order) AS stage_order,
    sum(rows) FILTER (is_in) AS n,
    sum(rows) FILTER (fate = 0) AS reached,
    sum(rows) FILTER (fate = 1) AS lost_only,
    sum(rows) FILTER (fate = 2) AS no_decision,
    sum(rows) FILTER (fate = 7) AS open,
    sum(rows) FILTER (fate = 8) AS out_of_order,
    sum(back) FILTER (is_in AND back > 0) AS regressed,
    sum(rows) FILTER (fate = 3) AS void,
    sum(rows) FILTER (fate = 4) AS deleted,
    sum(rows) FILTER (fate = 5) AS future,
    sum(amount) FILTER (is_in) AS amount_n,
    sum(amount) FILTER (fate = 0) AS amount_reached,
    sum(square) FILTER (is_in) AS amount_square_n,
    sum(missing) FILTER (is_in) AS amount_missing
FROM told
GROUP BY {groups} pipeline, stage
