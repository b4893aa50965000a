-- When an opportunity was paused or put off, by its status in snapshots or by a stage of that kind.
-- Grain out: one row per opportunity and stretch [start, end) of one status; end NULL = still so. Stretches do not overlap.
-- In: spell, raw_point, point.
WITH held AS (
    SELECT opportunity_id, day AS start, kind AS status, raw_no,
           lead(day) OVER (PARTITION BY opportunity_id ORDER BY raw_no) AS "end"
    FROM raw_point
    QUALIFY kind IN ('paused', 'future')
), stretch AS (
    SELECT opportunity_id, seen_from AS start, seen_until AS "end", status FROM spell WHERE status IN ('paused', 'future')
    UNION ALL
    SELECT opportunity_id, start, "end", status FROM held
), edge AS (  -- overlapping stretches of both kinds: 'future' is the stronger word
    SELECT DISTINCT opportunity_id, unnest([start, coalesce("end", DATE '9999-12-31')]) AS day FROM stretch
), piece AS (
    SELECT opportunity_id, day AS start, lead(day) OVER (PARTITION BY opportunity_id ORDER BY day) AS "end" FROM edge
), covered AS (
    SELECT p.opportunity_id, p.start, p."end", min(s.status) AS status
    FROM piece p JOIN stretch s ON s.opportunity_id = p.opportunity_id AND s.start <= p.start
         AND coalesce(s."end", DATE '9999-12-31') >= p."end"
    WHERE p.start < p."end" GROUP BY ALL
), joined AS (
    SELECT *, lag("end") OVER w IS DISTINCT FROM start OR lag(status) OVER w <> status AS is_start
    FROM covered WINDOW w AS (PARTITION BY opportunity_id ORDER BY start)
), numbered AS (
    SELECT *, sum(is_start::INT) OVER (PARTITION BY opportunity_id ORDER BY start) AS stretch_no FROM joined
)
SELECT opportunity_id, any_value(status) AS status, min(start) AS start,
       nullif(max("end"), DATE '9999-12-31') AS "end"
FROM numbered GROUP BY opportunity_id, stretch_no
