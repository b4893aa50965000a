-- Everything that is open, paused or put off on $as_of, with what the rules of attention need (METHOD B15, B8, B6):
-- one row per opportunity.  Params: the limits per pipeline, stage and segment (analytics/attention.py),
-- $chances (of each, at entry and after $ages days in the stage), $activities_from (first recorded activity, NULL: none),
-- $midnight = the first instant after $as_of, $stepped = pipelines
-- in which steps from one stage to the next are recorded: in the others nobody knows that a later stage was the first.
-- tally: 2 x the place of each rule that is known, and 1 more where it is hit: numbers are counted faster than rules.
-- A rule's `known` asks for all that its `hit` needs: what nobody can know of a row neither counts for it nor against it.
WITH {standing_open}, {watched}, pace AS (
    SELECT unnest($limit_pipelines) AS pipeline, unnest($limit_stages) AS stage, unnest($limit_segments) AS limit_segment,
        unnest($limit_days) AS limit_days, unnest($review_days) AS review_days, unnest($chances) AS usual_chances,
        unnest($remind_days) AS remind_days, unnest($warn_days) AS warn_days, unnest($recycle_days) AS recycle_days
), progress AS (
    SELECT opportunity_key,
        max(exited_on) FILTER (exited_on <= $as_of AND exit_kind IN ('advance', 'skip', 'reopened')) AS advanced_on,
        count(*) FILTER (exited_on <= $as_of) AS moves,
        count(*) FILTER (exited_on <= $as_of AND exit_kind = 'skip') AS skips,
        count(*) FILTER (exited_on <= $as_of AND exit_kind = 'regress') AS regresses,
        arg_max(spent_days, visit_no) AS stage_days, arg_max(is_entry_known, visit_no) AS is_entry_known,
        arg_max_null(list_filter(pauses, lambda p: p."start" <= $as_of AND coalesce(p."end" > $as_of, true))[1]."start",
            visit_no) AS paused_on
    FROM (SELECT *, {calendar_days} AS spent_days
          FROM (SELECT *, least(coalesce(exited_on, $as_of), $as_of) AS seen_until FROM stage_visit
                WHERE entered_on <= $as_of AND opportunity_key IN (SELECT opportunity_key FROM watched)))
    GROUP BY opportunity_key
), touch AS (
    SELECT opportunity_id, timezone($zone, max(occurred_at))::DATE AS touched_on, count(DISTINCT contact_id) AS met
    FROM activity
    WHERE occurred_at < $midnight AND coalesce(is_valid, true) AND opportunity_id IN (SELECT opportunity_id FROM watched)
    GROUP BY opportunity_id
), told AS (  -- what the CRM itself says, where no activities are loaded
    SELECT opportunity_id, max(last_activity_on) AS last_activity_on FROM opportunity
    WHERE $activities_from IS NULL AND snapshot_date = $snapshot AND last_activity_on <= $as_of GROUP BY opportunity_id
), given AS (  -- by hand; else the grade is that of the amount
    SELECT opportunity_id, any_value(nullif(trim(grade), '')) AS grade_given FROM opportunity
    WHERE snapshot_date = $snapshot AND opportunity_id IN (SELECT opportunity_id FROM watched)
    GROUP BY opportunity_id
), chain AS (
    SELECT opportunity_id, count(DISTINCT contact_id) AS people FROM opportunity_contact
    WHERE snapshot_date = (SELECT max(day) FROM export_day WHERE source = 'opportunity_contact' AND day <= $as_of)
    GROUP BY opportunity_id
), {presales}, {compared},
last_judged AS (  -- the last comparison that there was: weeks without an assessment end it, they do not improve it
    SELECT opportunity_key, arg_max(p, week) AS p, max(week) AS week FROM opportunity_week
    WHERE p IS NOT NULL AND as_of_on <= $as_of AND opportunity_key IN (SELECT opportunity_key FROM compared WHERE c.p IS NULL)
    GROUP BY opportunity_key
),
facts AS (
    SELECT w.*, limit_days, review_days, remind_days, warn_days, recycle_days, moves, skips, regresses, stage_days,
        advanced_on, met, people, need_score, grade_given,
        CASE WHEN $has_support THEN coalesce(presales_hours, 0) END AS presales_hours,
        coalesce(is_entry_known, false) AS is_entry_known,
        CASE WHEN w.status = 'paused' THEN coalesce(paused_on, w.valid_from) END AS paused_on,
        w.status <> 'future' OR coalesce(w.wake_on <= $as_of, false) AS is_in,
        list_contains(CASE WHEN list_contains($kept_segments, w.limit_segment)
            THEN $kept_grades[list_position($kept_segments, w.limit_segment)] ELSE $kept_other END, importance) AS is_kept,
        CASE WHEN $activities_from IS NOT NULL OR last_activity_on IS NOT NULL
             THEN greatest(w.created_on, advanced_on, touched_on, last_activity_on, $activities_from) END AS idle_since,
        coalesce(people, nullif(met, 0)) AS threads,
        CASE WHEN NOT $has_rivals THEN NULL
             ELSE (w.main_competitor IS NULL AND coalesce(k.c.is_phantom, true)
                   AND NOT coalesce(k.c.is_single_source, false)) END AS lacks_rival,
        k.c.p AS p, k.c.p_us AS p_us, k.c.p_1 AS p_rival, k.c.g AS g, k.c.delta AS delta, k.c.is_phantom AS is_phantom,
        k.assessed_week AS assessed_week,
        coalesce(k.c.p, last_judged.p, usual_chances[1 + len(list_filter($ages, lambda a: a <= stage_days))]) AS chance, CASE WHEN k.c.p IS NOT NULL THEN 'comparison'
            WHEN last_judged.p IS NOT NULL THEN 'old' WHEN usual_chances[1] IS NOT NULL THEN 'history' END AS chance_source,
        CASE WHEN k.c.p IS NOT NULL THEN k.c.week ELSE last_judged.week END AS chance_week,
        list_filter([CASE WHEN k.is_lead_lost THEN 'lead_lost' END, CASE WHEN k.is_doomed THEN 'doomed' END,
            CASE WHEN k.is_jump AND k.c.delta < 0 THEN 'jump' END, CASE WHEN k.is_less_certain THEN 'less_certain' END,
            CASE WHEN k.is_new_rival THEN 'new_rival' END, CASE WHEN k.is_silent THEN 'silent' END],
            lambda e: e IS NOT NULL) AS events,
        coalesce(k.is_jump, false) AS is_jump
    FROM watched w
    LEFT JOIN pace ON pace.pipeline = w.pipeline::VARCHAR AND pace.stage = w.stage::VARCHAR
        AND pace.limit_segment = w.limit_segment
    LEFT JOIN progress USING (opportunity_key)
    LEFT JOIN touch ON touch.opportunity_id = w.opportunity_id
    LEFT JOIN told ON told.opportunity_id = w.opportunity_id
    LEFT JOIN given ON given.opportunity_id = w.opportunity_id
    LEFT JOIN chain ON chain.opportunity_id = w.opportunity_id
    LEFT JOIN need ON need.opportunity_id = w.opportunity_id
    LEFT JOIN spent ON spent.opportunity_id = w.opportunity_id
    LEFT JOIN compared k ON k.opportunity_key = w.opportunity_key
    LEFT JOIN last_judged ON last_judged.opportunity_key = w.opportunity_key
), weighed AS (
    SELECT *, $as_of - idle_since AS idle_days, CASE WHEN is_kept THEN review_days ELSE limit_days END AS stage_limit,
        stage_order >= $unconditioned_from AND need_score IS NOT NULL AND presales_hours IS NOT NULL AS is_spend_known,
        $hours_medians[list_position($hours_groups, pipeline::VARCHAR || '/' || coalesce(importance, ''))] AS usual_hours,
        CASE WHEN NOT is_in THEN 'future'
             WHEN status = 'paused' AND $as_of - paused_on <= $paused_days THEN 'paused'
             WHEN list_contains($tender_stages, stage::VARCHAR) AND expected_close_on >= $as_of THEN 'tender'
             ELSE '' END AS exempt
    FROM facts
), stepped AS (
    SELECT *, exempt = '' AND coalesce(stage_days > stage_limit, false) AS is_stalled,
        stage_days IS NOT NULL AND stage_limit IS NOT NULL AND (is_entry_known OR stage_days > stage_limit) AS is_timed,
        CASE WHEN moves > 0 THEN false WHEN stage_order <= 1 OR (is_entry_known AND list_contains($stepped, pipeline::VARCHAR))
            THEN true END AS is_unmoved,
        coalesce(expected_close_on >= $as_of, false) AS is_planned,
        CASE WHEN exempt <> '' THEN ''
             WHEN idle_days >= recycle_days AND stage_days > stage_limit AND NOT coalesce(expected_close_on >= $as_of, false)
                  AND NOT coalesce(is_kept, false) THEN 'recycle'
             WHEN idle_days >= warn_days THEN 'warn' WHEN idle_days >= remind_days THEN 'remind' ELSE '' END AS step
    FROM weighed
)
SELECT *,
    CASE WHEN exempt = 'future' THEN wake_on WHEN exempt = 'paused' THEN paused_on + $paused_days + 1
         WHEN exempt = 'tender' THEN expected_close_on
         WHEN idle_days < remind_days THEN (idle_since + remind_days::INTEGER)
         WHEN idle_days < warn_days THEN (idle_since + warn_days::INTEGER)
         WHEN step <> 'recycle' AND NOT coalesce(is_kept, false)  -- all that recycling waits for, the last of it
         THEN greatest(idle_since + recycle_days::INTEGER, expected_close_on + 1,
                       $as_of + (greatest(0, floor(stage_limit - stage_days)) + 1)::INTEGER) END AS next_on,
    [{'rule': 'never_moved', 'known': is_timed AND is_unmoved IS NOT NULL, 'hit': is_stalled AND is_unmoved,
      'measure': stage_days::DOUBLE, 'limit': stage_limit::DOUBLE},
     {'rule': 'moved_stalled', 'known': is_timed, 'hit': is_stalled AND NOT coalesce(is_unmoved, false),
      'measure': stage_days::DOUBLE, 'limit': stage_limit::DOUBLE},
     {'rule': 'recycle', 'known': idle_days < recycle_days OR (idle_days IS NOT NULL AND (is_planned OR is_timed)), 'hit': step = 'recycle',
      'measure': idle_days::DOUBLE, 'limit': recycle_days::DOUBLE},
     {'rule': 'warn', 'known': idle_days IS NOT NULL, 'hit': step = 'warn',
      'measure': idle_days::DOUBLE, 'limit': warn_days::DOUBLE},
     {'rule': 'remind', 'known': idle_days IS NOT NULL, 'hit': step = 'remind',
      'measure': idle_days::DOUBLE, 'limit': remind_days::DOUBLE},
     {'rule': 'past_due', 'known': expected_close_on IS NOT NULL, 'hit': expected_close_on < $as_of,
      'measure': $due_days + ($as_of - expected_close_on)::DOUBLE, 'limit': $due_days::DOUBLE},
     {'rule': 'unconditioned', 'known': is_spend_known,
      'hit': need_score < $unconditioned_below AND presales_hours > usual_hours,
      'measure': presales_hours, 'limit': usual_hours},
     {'rule': 'single_threaded', 'known': threads IS NOT NULL, 'hit': threads = 1, 'measure': NULL, 'limit': NULL},
     {'rule': 'no_rival', 'known': lacks_rival IS NOT NULL AND stage_order >= $rival_from, 'hit': lacks_rival,
      'measure': NULL, 'limit': NULL},
     {'rule': 'at_risk', 'known': assessed_week IS NOT NULL, 'hit': len(events) > 0,
      'measure': NULL, 'limit': NULL}] AS rules,
    list_filter(list_transform(rules, lambda r, place: CASE WHEN r.known THEN (2 * place + coalesce(r.hit, false)::INTEGER)::UTINYINT END),
        lambda t: t IS NOT NULL) AS tally
FROM stepped
