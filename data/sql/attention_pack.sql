-- What is important this week, with the facts behind the 13 elements: grade S or A, an event, stalled, or less certain.
-- Grain: opportunity, most at stake first, $limit of the `total` that are kept: of each team the $per_team with most at
-- stake of what is `important`, out of all that is `open`.  Facts that only the pack needs are looked up for these
-- alone.  Reads: as attention_counts.sql, and all kinds of checklist, opportunity_contact, support_request.
WITH important AS (  -- of the many only what ranks them
    SELECT opportunity_key, opportunity_id, team, amount_base, times, stake, count(*) OVER () AS important,
        row_number() OVER (PARTITION BY team ORDER BY stake DESC NULLS LAST, amount_base DESC NULLS LAST, times DESC NULLS LAST,
            opportunity_id) AS place
    FROM (
        SELECT opportunity_key, opportunity_id, team::VARCHAR AS team, amount_base, stage_days / nullif(stage_limit, 0) AS times,
            amount_base * chance * coalesce(least(greatest(times, 1), $excess_cap), 1) AS stake
        FROM {shared_attention} WHERE {where} AND is_in
            AND exempt <> 'paused' AND (coalesce(importance IN ('S', 'A'), false) OR len(events) > 0 OR is_jump OR is_stalled))
), chosen AS MATERIALIZED (
    SELECT opportunity_key, opportunity_id, stake, times, important, count(*) OVER () AS total
    FROM important WHERE place <= $per_team
    ORDER BY stake DESC NULLS LAST, amount_base DESC NULLS LAST, times DESC NULLS LAST, opportunity_id LIMIT $limit
), answer AS (
    SELECT opportunity_id, kind, item, arg_max(value, assessed_on) AS value FROM checklist
    WHERE assessed_on <= $as_of AND opportunity_id IN (SELECT opportunity_id FROM chosen)
    GROUP BY opportunity_id, kind, item
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
SELECT facts.opportunity_id, account_id, segment, owner_id, team, pipeline, stage, stage_order, status, amount_base, importance,
    grade_given, coalesce(importance IN ('S', 'A'), false) AS is_graded, is_stalled, is_unmoved, stage_days, stage_limit, step, idle_days,
    idle_since, chance, chance_source, chance_week, stake,
    next_on, expected_close_on, array_to_string(events, ',') AS happened, is_jump, skips, regresses, need_score,
    threads, p, p_us, p_rival, g, delta, is_phantom, assessed_week, lacks_rival, main_competitor, questionnaire, inside_source,
    control, solution_accept, approver_status, opponents, requests, unanswered, important,
    (SELECT count(*) FROM {shared_attention} WHERE {where} AND is_in) AS "open", total
FROM (SELECT * EXCLUDE (rules, tally) REPLACE (owner_id::VARCHAR AS owner_id) FROM {shared_attention} WHERE {where}) AS facts JOIN chosen USING (opportunity_key)
LEFT JOIN asked ON asked.opportunity_id = chosen.opportunity_id
LEFT JOIN accepted ON accepted.opportunity_id = chosen.opportunity_id
LEFT JOIN helped ON helped.opportunity_id = chosen.opportunity_id
ORDER BY stake DESC NULLS LAST, amount_base DESC NULLS LAST, times DESC NULLS LAST, facts.opportunity_id
