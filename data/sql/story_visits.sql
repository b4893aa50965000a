-- The visits of one opportunity up to $as_of; what happened later is not told.  Grain: visit.  Reads: stage_visit.
WITH visit AS (
    SELECT *, least(coalesce(exited_on, $as_of), $as_of) AS seen_until FROM stage_visit
    WHERE opportunity_id = $opportunity_id AND entered_on <= $as_of
)
SELECT visit_no, stage, stage_order, stage_kind, entered_lo, entered_on, is_entry_known, time_source, amount_base, owner_id,
    CASE WHEN exited_on <= $as_of THEN exited_on END AS exited_on,
    CASE WHEN exited_on <= $as_of THEN exit_kind END AS exit_kind,
    CASE WHEN exited_on <= $as_of THEN next_stage END AS next_stage,
    ({days})::BIGINT AS days, (seen_until - entered_on)::BIGINT AS calendar_days
FROM visit
ORDER BY visit_no
