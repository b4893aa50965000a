-- Conversion, reading F2 (METHOD B12): of the opportunities that stood in a stage on one day, what had become of
-- them by a later day.  Grain: pipeline x stage x groups.  Reads: stage_visit, opportunity_state.
WITH {cohort},
tally AS (
    SELECT {dims} pipeline, stage, any_value(stage_order) AS stage_order, is_passed, status_after, is_in,
        CASE WHEN exited_on <= $until THEN exit_kind END AS way, {tally_amounts}
    FROM counted
    GROUP BY {groups} pipeline, stage, is_passed, status_after, is_in, way
)
SELECT
    {dims} pipeline, stage, any_value(stage_order) AS stage_order,
    sum(rows) FILTER (is_in) AS n,
    sum(rows) FILTER (is_passed) AS reached,
    sum(rows) FILTER (is_in AND NOT is_passed AND status_after = 'lost') AS lost_only,
    sum(rows) FILTER (is_in AND NOT is_passed AND status_after = 'no_decision') AS no_decision,
    sum(rows) FILTER (is_in AND NOT is_passed AND status_after IN ('open', 'paused')) AS open,
    sum(rows) FILTER (is_in AND way = 'regress') AS regressed,
    sum(rows) FILTER (is_in AND way = 'skip') AS skipped,
    sum(rows) FILTER (NOT is_passed AND status_after = 'void') AS void,
    sum(rows) FILTER (NOT is_passed AND status_after = 'deleted') AS deleted,
    sum(rows) FILTER (NOT is_passed AND status_after = 'future') AS future,
    0 AS entry_unknown,
    sum(amount) FILTER (is_in) AS amount_n,
    sum(amount) FILTER (is_passed) AS amount_reached,
    sum(square) FILTER (is_in) AS amount_square_n,
    sum(missing) FILTER (is_in) AS amount_missing
FROM tally
GROUP BY {groups} pipeline, stage
