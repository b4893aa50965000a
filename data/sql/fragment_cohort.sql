-- Opportunities that stood in an open stage at the end of $before, and their state at the end of the period.
stood AS (
    SELECT visit.*, date_trunc('month', $before)::DATE AS month
    FROM stage_visit AS visit
    WHERE {where} AND stage_kind NOT IN ('won', 'lost', 'no_decision', 'void')
        AND entered_on <= $before AND (exited_on IS NULL OR exited_on > $before)
),
fate AS (
    SELECT stood.*,
        coalesce(stood.passed_on <= $until, false) AS is_passed,
        CASE WHEN later.opportunity_key IS NULL THEN 'deleted' ELSE later.status::VARCHAR END AS status_after
    FROM stood
    JOIN opportunity_state AS was ON was.opportunity_key = stood.opportunity_key
        AND was.valid_from <= $before AND (was.valid_to IS NULL OR was.valid_to > $before)
        AND was.status IN ('open', 'paused') AND was.closed_on IS NULL
    LEFT JOIN opportunity_state AS later ON later.opportunity_key = stood.opportunity_key
        AND later.valid_from <= $until AND (later.valid_to IS NULL OR later.valid_to > $until)
),
counted AS (SELECT *, is_passed OR status_after NOT IN ('void', 'deleted', 'future') AS is_in FROM fate)
