-- The spells as the stories need them: opportunities as numbers, the days for which what they say holds.
-- Grain out: as said. In: said (snapshot_spell with a number of its own, said_no, and the opportunity as id).
-- What the first snapshot says is carried back to the beginning; the last one stays when the opportunity is gone.
SELECT id AS opportunity_id, said_no, seen_before, seen_from, seen_until, pipeline, stage, status,
       created_on, closed_on, stage_entered_on, amount, expected_close_on, owner_id, segment,
       hash({content}) AS content,
       CASE WHEN lag(seen_from) OVER w IS NULL THEN DATE '0001-01-01' ELSE seen_from END AS from_day,
       coalesce(lead(seen_from) OVER w, DATE '9999-12-31') AS to_day
FROM said WINDOW w AS (PARTITION BY id ORDER BY seen_from)
