-- Stage events with their day in the organisation's zone.
-- Grain out: one row per event, numbered in time order (equal instants keep the order of the file).
-- In: stage_change; spell (for the pipeline, where the event does not name it); stage_list; stage_home; $timezone.
-- A date-only event has the date itself: it may be stored as midnight UTC or as midnight of its zone.
WITH latest AS (
    SELECT opportunity_id, arg_max(pipeline, seen_from) AS pipeline FROM spell GROUP BY ALL
), dated AS (
    SELECT e.opportunity_id, e.to_stage::stage_name AS to_stage, e.from_stage::stage_name AS from_stage,
           coalesce(e.file_order, 0) AS file_order,
           coalesce(TRY_CAST(e.pipeline AS pipeline_name), latest.pipeline) AS named,
           CASE WHEN e.is_date_only THEN NULL ELSE e.changed_at END AS instant,
           CASE WHEN e.is_date_only AND (e.changed_at AT TIME ZONE 'UTC')::TIME = TIME '00:00:00'
                THEN (e.changed_at AT TIME ZONE 'UTC')::DATE
                ELSE (e.changed_at AT TIME ZONE $timezone)::DATE END AS day
    FROM stage_change e LEFT JOIN latest USING (opportunity_id)
)
SELECT opportunity_id, day, instant, to_stage AS stage, from_stage,
       CASE WHEN s.stage IS NULL THEN h.pipeline ELSE named END AS pipeline,
       row_number() OVER (PARTITION BY opportunity_id
                          ORDER BY day, instant NULLS FIRST, file_order, h.stage_order, to_stage::VARCHAR) AS event_no
FROM dated
LEFT JOIN stage_list s ON s.pipeline = named AND s.stage = to_stage
LEFT JOIN stage_home h ON h.stage = to_stage
