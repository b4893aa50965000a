-- What the snapshots say of stages.
-- Grain out: one row per opportunity and stretch of snapshots in the same stage; kind 'gone' where it is missing.
-- In: spell, event, stage_list, stage_home, closing_stage, snapshot_day (all dates of the store).
-- An opportunity is closed by its stage or by its status (some systems keep the stage at the loss); the more
-- telling of both counts: no_decision and void are never the guess of an import.
WITH known AS (
    SELECT s.*, coalesce(l.pipeline, h.pipeline) AS in_pipeline, coalesce(l.kind, h.kind) AS stage_kind,
           CASE WHEN s.status IN ('no_decision', 'void') THEN s.status
                WHEN coalesce(l.kind, h.kind) IN ('won', 'lost', 'no_decision', 'void') THEN coalesce(l.kind, h.kind)
                WHEN s.status IN ('won', 'lost') THEN s.status END AS closed_as
    FROM spell s
    LEFT JOIN stage_list l ON l.pipeline = s.pipeline AND l.stage = s.stage
    LEFT JOIN stage_home h ON h.stage = s.stage
), shown AS (
    SELECT k.opportunity_id, k.seen_from, k.seen_before, k.seen_until, k.next_from, k.in_pipeline AS pipeline,
           CASE WHEN closed_as IS NULL OR closed_as = stage_kind THEN k.stage ELSE c.stage END AS stage,
           coalesce(closed_as, stage_kind) AS kind,
           closed_as IS NOT NULL AND stage_kind NOT IN ('won', 'lost', 'no_decision', 'void') AS is_by_status,
           CASE WHEN closed_as IS NULL THEN k.stage_entered_on ELSE k.closed_on END AS crm_first,
           CASE WHEN closed_as IS NOT NULL AND stage_kind IN ('won', 'lost', 'no_decision', 'void')
                THEN k.stage_entered_on END AS crm_second
    FROM known k LEFT JOIN closing_stage c ON c.pipeline = k.in_pipeline AND c.kind = closed_as
), span AS (
    SELECT opportunity_id, min(day) AS first_event, max(day) AS last_event FROM event GROUP BY opportunity_id
), after_events AS (  -- the first snapshot after the last event speaks anew, even if it says what an earlier one said
    SELECT opportunity_id, d.day, d.before FROM span ASOF JOIN snapshot_day d ON d.day > span.last_event
), seen AS (
    SELECT opportunity_id, seen_from AS day, seen_before AS before, pipeline, stage, kind, is_by_status,
           crm_first, crm_second, coalesce(seen_from = a.day, false) AS is_anew
    FROM shown LEFT JOIN after_events a USING (opportunity_id)
    UNION ALL
    SELECT opportunity_id, a.day, a.before, pipeline, stage, kind, is_by_status, crm_first, crm_second, true
    FROM shown JOIN after_events a USING (opportunity_id)
    WHERE seen_from < a.day AND (seen_until IS NULL OR seen_until > a.day)
    UNION ALL
    SELECT opportunity_id, seen_until, d.before, NULL::pipeline_name, NULL::stage_name, 'gone'::kind_name, false,
           NULL::DATE, NULL::DATE, false
    FROM shown JOIN snapshot_day d ON d.day = seen_until WHERE next_from IS DISTINCT FROM seen_until
), started AS (
    SELECT *, is_anew OR lag(kind) OVER w IS NULL OR lag(pipeline) OVER w IS DISTINCT FROM pipeline
              OR lag(stage) OVER w IS DISTINCT FROM stage AS is_start
    FROM seen WINDOW w AS (PARTITION BY opportunity_id ORDER BY day)
), numbered AS (
    SELECT *, sum(is_start::INT) OVER (PARTITION BY opportunity_id ORDER BY day) AS segment_no FROM started
)
SELECT opportunity_id, segment_no::INT AS segment_no, min(day) AS day, arg_min(before, day) FILTER (is_start) AS before,
       any_value(pipeline) AS pipeline, any_value(stage) AS stage, any_value(kind) AS kind,
       bool_or(is_by_status) AS is_by_status,
       arg_min(crm_first, day) FILTER (crm_first IS NOT NULL) AS crm_first,
       arg_min(crm_second, day) FILTER (crm_second IS NOT NULL) AS crm_second
FROM numbered GROUP BY opportunity_id, segment_no
