-- What is important this week, with the facts behind the 13 elements: grade S or A, an event, stalled, or less certain.
-- Grain: opportunity, most at stake first, $limit of the `total` that are kept: of each team the $per_team with most at
-- stake of what is `important`, out of all that is `open`.  Facts that only the pack needs are looked up for these
-- alone.  Reads: as attention_counts.sql, and all kinds of checklist, opportunity_contact, support_request.
WITH {attention},
weighted AS (
    SELECT *,
        stage_days / nullif(stage_limit, 0) AS times,
        amount_base * chance * coalesce(least(greatest(times, 1), $excess_cap), 1) AS stake,
        coalesce(importance IN ('S', 'A'), false) AS is_graded
    FROM judged
    WHERE is_in
), important AS (  -- of the many only what ranks them
    SELECT opportunity_key, opportunity_id, stake, amount_base, times, count(*) OVER () AS important,
        (SELECT count(*) FROM weighted) AS "open",
        row_number() OVER (PARTITION BY team ORDER BY stake DESC NULLS LAST, amount_base DESC NULLS LAST, times DESC NULLS LAST,
            opportunity_id) AS place
    FROM weighted
    WHERE exempt <> 'paused' AND (is_graded OR len(events) > 0 OR is_jump OR is_stalled)
), picked AS (
    SELECT *, count(*) OVER () AS total FROM important WHERE place <= $per_team
    ORDER BY stake DESC NULLS LAST, amount_base DESC NULLS LAST, times DESC NULLS LAST, opportunity_id LIMIT $limit
), chosen AS (
    SELECT weighted.*, important, "open", total FROM weighted JOIN picked USING (opportunity_key)
), answer AS (
    SELECT opportunity_id, kind, item, arg_max(value, assessed_on) AS value FROM checklist
    WHERE assessed_on <= $as_of AND opportunity_id IN (SELECT opportunity_id FROM chosen)
    GROUP BY opportunity_id, kind, item
), given AS (  -- by hand; else the grade is that of the amount
    SELECT opportunity_id, any_value(nullif(trim(grade), '')) AS grade_given FROM opportunity
    WHERE snapshot_date = $snapshot AND list_contains((SELECT list(opportunity_id) FROM chosen), opportunity_id)
    GROUP BY opportunity_id
), asked AS (
    SELECT opportunity_id, avg(value) FILTER (kind = 'questionnaire') AS questionnaire,
        min(value) FILTER (kind = 'questionnaire' AND item = 'inside_source') AS inside_source,
        avg(value) FILTER (kind = 'control_point') AS control
    FROM answer GROUP BY opportunity_id
), accepted AS (
    SELECT opportunity_id, avg(solution_accept) AS solution_accept, max(CASE WHEN lower(decision_role) IN ('approver', 'decision_maker')
        THEN status END) AS approver_status, count(*) FILTER (status <= -1) AS opponents
    FROM opportunity_contact
    WHERE snapshot_date = (SELECT max(day) FROM export_day WHERE source = 'opportunity_contact' AND day <= $as_of)
        AND opportunity_id IN (SELECT opportunity_id FROM chosen)
    GROUP BY opportunity_id
), helped AS (
    SELECT opportunity_id, count(*) AS requests, count(*) FILTER (
        coalesce(first_response_at >= $midnight, true) AND requested_at < $midnight::TIMESTAMPTZ - INTERVAL 3 DAY) AS unanswered
    FROM support_request WHERE requested_at < $midnight AND opportunity_id IN (SELECT opportunity_id FROM chosen)
    GROUP BY opportunity_id
)
SELECT opportunity_id, account_id, segment, owner_id, team, pipeline, stage, stage_order, status, amount_base, importance,
    grade_given, is_graded, is_stalled, is_unmoved, stage_days, stage_limit, step, idle_days, idle_since, chance, chance_source, chance_week, stake,
    next_on, expected_close_on, array_to_string(events, ',') AS happened, is_jump, skips, regresses, need_score,
    threads, p, p_us, p_rival, g, delta, is_phantom, assessed_week, lacks_rival, main_competitor, questionnaire, inside_source,
    control, solution_accept, approver_status, opponents, requests, unanswered, important, "open", total
FROM chosen
LEFT JOIN given USING (opportunity_id) LEFT JOIN asked USING (opportunity_id) LEFT JOIN accepted USING (opportunity_id) LEFT JOIN helped USING (opportunity_id)
ORDER BY stake DESC NULLS LAST, amount_base DESC NULLS LAST, times DESC NULLS LAST, opportunity_id
