-- Conversion, reading F2 (DOMAIN B12): of the opportunities that stood in a stage on one day, what had become of
-- them by a later day.  Grain: pipeline x stage x groups.  Reads: stage_visit, opportunity_state.
WITH {cohort}
SELECT
    {dims} pipeline, stage, any_value(stage_order) AS stage_order,
    count(*) FILTER (is_in) AS n,
    count(*) FILTER (is_passed) AS reached,
    count(*) FILTER (is_in AND NOT is_passed AND status_after = 'lost') AS lost_only,
    count(*) FILTER (is_in AND NOT is_passed AND status_after = 'no_decision') AS no_decision,
    count(*) FILTER (is_in AND NOT is_passed AND status_after IN ('open', 'paused')) AS open,
    count(*) FILTER (is_in AND exit_kind = 'regress' AND exited_on <= $until) AS regressed,
    count(*) FILTER (is_in AND exit_kind = 'skip' AND exited_on <= $until) AS skipped,
    count(*) FILTER (NOT is_passed AND status_after = 'void') AS void,
    count(*) FILTER (NOT is_passed AND status_after = 'deleted') AS deleted,
    count(*) FILTER (NOT is_passed AND status_after = 'future') AS future,
    0 AS entry_unknown,
    sum(amount_base) FILTER (is_in) AS amount_n,
    sum(amount_base) FILTER (is_passed) AS amount_reached,
    sum(amount_base * amount_base::DOUBLE) FILTER (is_in) AS amount_square_n,
    count(*) FILTER (is_in AND amount_base IS NULL) AS amount_missing
FROM counted
GROUP BY {groups} pipeline, stage
