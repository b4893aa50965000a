-- What was known $days before an opportunity was closed: table of a company in memory, made when it is opened
-- (data/marts/foresight.py), so that judging predictions is one scan (METHOD B4, B6, B20).
-- Grain out: one row per stretch of opportunity_state in which an opportunity stood won, lost or without decision, with
-- the dimensions of that stretch. is_open_then: it was open, paused or put off on asked_on; stage_default (what the
-- settings promise for the stage) is of that day, and so is crm_then, the CRM's probability, known only where a snapshot
-- up to that day had shown the opportunity in this stretch: what a later one says knows the end. week: the last one
-- that was over then; p, need_ and closeness_ are the comparison of that week, account_closeness the account's (not of
-- weeks when nobody can have been reached yet).
-- $pipelines, $stages, $promised: the default probabilities of the settings.
-- Its rows lie as those of opportunity_state: what stands today lies together, in the order of the close.
-- Reads: opportunity_state, opportunity_week, account_week, snapshot_day, late_seen.
WITH closing AS (
    SELECT opportunity_key, opportunity_id, valid_from, valid_to, status, closed_on, closed_on - $days::INTEGER AS asked_on,
        date_trunc('week', closed_on - $days::INTEGER - 6)::DATE AS week, {dimensions}
    FROM opportunity_state
    WHERE status IN ('won', 'lost', 'no_decision') AND closed_on IS NOT NULL
), open_state AS (
    SELECT opportunity_key, valid_from, coalesce(valid_to, DATE '9999-12-31') AS until, pipeline, stage, probability
    FROM opportunity_state WHERE status IN ('open', 'paused', 'future')
), promise AS (
    SELECT TRY_CAST(unnest($pipelines::VARCHAR[]) AS values_pipeline) AS pipeline,
        TRY_CAST(unnest($stages::VARCHAR[]) AS values_stage) AS stage, unnest($promised::DOUBLE[]) AS stage_default
)
SELECT closing.*, s.opportunity_key IS NOT NULL AS is_open_then,
    CASE WHEN s.valid_from <= seen.day AND coalesce(late.seen_on <= asked_on, true) THEN s.probability END AS crm_then,
    stage_default, w.p, w.need_us, w.closeness_us, w.need_1, w.closeness_1, w.need_2, w.closeness_2, w.need_others,
    w.closeness_others, a.closeness AS account_closeness
FROM closing
LEFT JOIN open_state s ON s.opportunity_key = closing.opportunity_key AND s.valid_from <= asked_on AND s.until > asked_on
ASOF LEFT JOIN snapshot_day seen ON seen.day <= asked_on
LEFT JOIN late_seen late ON late.opportunity_key = closing.opportunity_key
LEFT JOIN promise ON promise.pipeline = s.pipeline AND promise.stage = s.stage
LEFT JOIN opportunity_week w ON w.opportunity_key = closing.opportunity_key AND w.week = closing.week
LEFT JOIN account_week a ON a.account_id = closing.account_id AND a.week = closing.week
    AND NOT coalesce(a.is_short_history, false)
ORDER BY closing.valid_to NULLS LAST, closing.closed_on
