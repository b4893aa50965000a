-- The story of an opportunity without repetition: each row a change of stage, or the day it was gone.
-- Grain out: one row per opportunity and point, numbered by point_no; rank = place among the open stages.
-- In: raw_point, created, snapshot_day.
-- * gone after a closing is an export that leaves closed opportunities out, not a deletion: dropped here.
-- * a stage of kind paused or future that follows an open stage is a pause of that stage (pause.sql), not a move.
-- * equal stages in a row are one visit.
WITH special AS (
    SELECT DISTINCT opportunity_id FROM raw_point WHERE kind IN ('gone', 'paused', 'future')
), present AS (
    SELECT *, last_value(CASE WHEN kind <> 'gone' THEN kind END IGNORE NULLS) OVER w AS last_kind
    FROM raw_point SEMI JOIN special USING (opportunity_id)
    WINDOW w AS (PARTITION BY opportunity_id ORDER BY raw_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), kept AS (
    SELECT * FROM present WHERE kind <> 'gone' OR last_kind NOT IN ('won', 'lost', 'no_decision', 'void')
), ladder AS (
    SELECT *, last_value(CASE WHEN kind NOT IN ('paused', 'future') THEN kind END IGNORE NULLS) OVER w AS last_step
    FROM kept
    WINDOW w AS (PARTITION BY opportunity_id ORDER BY raw_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), moved AS (
    SELECT * EXCLUDE (last_kind, last_step)
           REPLACE ((row_number() OVER (PARTITION BY opportunity_id ORDER BY raw_no))::INT AS raw_no)
    FROM ladder WHERE NOT (kind IN ('paused', 'future') AND coalesce(last_step = 'open', false))
    UNION ALL
    FROM raw_point ANTI JOIN special USING (opportunity_id)
), changed AS (
    SELECT m.*, b.kind AS before_kind
    FROM moved m LEFT JOIN moved b ON b.opportunity_id = m.opportunity_id AND b.raw_no = m.raw_no - 1
    WHERE b.kind IS NULL OR b.kind <> m.kind OR b.pipeline IS DISTINCT FROM m.pipeline OR b.stage IS DISTINCT FROM m.stage
), opened AS (
    -- The first point, where only a snapshot shows it: creation tells the entry of the first stage, and bounds others.
    SELECT c.*, b.before, before_kind IS NULL AND time_source = 'snapshot' AS is_guess,
           CASE WHEN r.created_on <= c.day THEN r.created_on END AS created_on
    FROM changed c LEFT JOIN created r USING (opportunity_id) LEFT JOIN snapshot_day b ON b.day = c.seen_on
), entered AS (
    SELECT opportunity_id, raw_no, pipeline, stage, kind, stage_order, rank, instant, seen_on,
           CASE WHEN is_guess AND rank = 1 THEN coalesce(created_on, day) ELSE day END AS day,
           CASE WHEN NOT is_guess THEN lo
                WHEN created_on = day OR (rank = 1 AND created_on IS NOT NULL) THEN created_on
                WHEN created_on <= before THEN NULL
                WHEN before IS NULL THEN NULL
                WHEN greatest(before, created_on - 1) = day - 1 THEN day
                ELSE greatest(before, created_on - 1) END AS lo,
           CASE WHEN is_guess THEN coalesce(created_on = day OR (rank = 1 AND created_on IS NOT NULL)
                                            OR (before IS NOT NULL AND coalesce(created_on > before, true)), false)
                ELSE is_known END AS is_known,
           CASE WHEN is_guess AND rank = 1 AND created_on IS NOT NULL THEN 'crm_field'::source_name
                ELSE time_source END AS time_source
    FROM opened
), shown AS (  -- the snapshot that shows an event first
    SELECT e.day, min(d.day) AS shown_on FROM (SELECT DISTINCT day FROM entered) e JOIN snapshot_day d ON d.day >= e.day GROUP BY ALL
)
SELECT e.*, (row_number() OVER (PARTITION BY opportunity_id ORDER BY raw_no))::INT AS point_no,
       -- the snapshot whose amount and dimensions belong to this point
       CASE WHEN seen_on IS NOT NULL THEN seen_on
            WHEN kind IN ('won', 'lost', 'no_decision', 'void') THEN coalesce(shown_on, e.day)
            ELSE e.day END AS evidence_on
FROM entered e LEFT JOIN shown USING (day)
