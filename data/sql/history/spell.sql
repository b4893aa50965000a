-- The spells as the stories need them: opportunities as numbers, words as codes, the days for which they hold.
-- Grain out: as said. In: said (snapshot_spell with a number of its own, said_no, and the opportunity as id).
-- What the first snapshot says is carried back to the beginning; the last one stays when the opportunity is gone.
-- Windows are computed over few columns and joined: they are what costs time.
WITH placed AS (
    SELECT said_no, lag(said_no) OVER w AS previous_no, lag(seen_until) OVER w AS last_until, lead(seen_from) OVER w AS next_from
    FROM said WINDOW w AS (PARTITION BY id ORDER BY seen_from)
)
SELECT id AS opportunity_id, said_no, previous_no, seen_before, seen_from, seen_until, last_until, next_from,
       TRY_CAST(pipeline AS pipeline_name) AS pipeline, stage::stage_name AS stage, status::kind_name AS status,
       created_on, closed_on, stage_entered_on, hash({content}) AS content,
       CASE WHEN previous_no IS NULL THEN DATE '0001-01-01' ELSE seen_from END AS from_day,
       coalesce(next_from, DATE '9999-12-31') AS to_day
FROM said JOIN placed USING (said_no)
