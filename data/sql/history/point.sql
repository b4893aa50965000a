-- The story of an opportunity without repetition: each row a change of stage, or the day it was gone.
-- Grain out: one row per opportunity and point, numbered by point_no; rank = place among the open stages.
-- In: raw_point, created, snapshot_day.
-- * gone after a closing is an export that leaves closed opportunities out, not a deletion: dropped here.
-- * a stage of kind paused or future that follows an open stage is a pause of that stage (pause.sql), not a move.
-- * equal stages in a row are one visit.
WITH present AS (
    SELECT *, last_value(CASE WHEN kind <> 'gone' THEN kind END IGNORE NULLS) OVER w AS last_kind
    FROM raw_point
    WINDOW w AS (PARTITION BY opportunity_id ORDER BY raw_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), kept AS (
    SELECT * FROM present WHERE kind <> 'gone' OR last_kind NOT IN ('won', 'lost', 'no_decision', 'void')
), ladder AS (
    SELECT *, last_value(CASE WHEN kind NOT IN ('paused', 'future') THEN kind END IGNORE NULLS) OVER w AS last_step
    FROM kept
    WINDOW w AS (PARTITION BY opportunity_id ORDER BY raw_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), moved AS (
    SELECT * FROM ladder WHERE NOT (kind IN ('paused', 'future') AND coalesce(last_step = 'open', false))
), changed AS (
    SELECT *, lag(kind) OVER w AS before_kind FROM moved
    WINDOW w AS (PARTITION BY opportunity_id ORDER BY raw_no)
    QUALIFY lag(kind) OVER w IS NULL OR lag(kind) OVER w <> kind
         OR lag(pipeline) OVER w IS DISTINCT FROM pipeline OR lag(stage) OVER w IS DISTINCT FROM stage
), opened AS (
    -- The first point, where only a snapshot shows it: creation tells the entry of the first stage, and bounds others.
    SELECT c.*, b.before,
           before_kind IS NULL AND time_source = 'snapshot' AS is_guess,
           CASE WHEN r.created_on <= c.day THEN r.created_on END AS created_on
    FROM changed c LEFT JOIN created r USING (opportunity_id) LEFT JOIN snapshot_day b ON b.day = c.seen_on
)
SELECT opportunity_id, row_number() OVER (PARTITION BY opportunity_id ORDER BY raw_no) AS point_no,
       pipeline, stage, kind, stage_order, rank,
       CASE WHEN is_guess AND rank = 1 THEN coalesce(created_on, day) ELSE day END AS day,
       CASE WHEN NOT is_guess THEN lo
            WHEN created_on = day OR (rank = 1 AND created_on IS NOT NULL) THEN created_on
            WHEN created_on <= before THEN NULL
            WHEN before IS NULL THEN NULL
            WHEN greatest(before, created_on - 1) = day - 1 THEN day
            ELSE greatest(before, created_on - 1) END AS lo,
       instant,
       CASE WHEN is_guess THEN coalesce(created_on = day OR (rank = 1 AND created_on IS NOT NULL)
                                        OR (before IS NOT NULL AND coalesce(created_on > before, true)), false)
            ELSE is_known END AS is_known,
       CASE WHEN is_guess AND rank = 1 AND created_on IS NOT NULL THEN 'crm_field' ELSE time_source END AS time_source,
       -- the snapshot whose amount and dimensions belong to this point
       CASE WHEN seen_on IS NOT NULL THEN seen_on
            WHEN kind IN ('won', 'lost', 'no_decision', 'void')
            THEN coalesce((SELECT min(d.day) FROM snapshot_day d WHERE d.day >= opened.day), day)
            ELSE day END AS evidence_on
FROM opened
