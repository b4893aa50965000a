-- When an opportunity showed the same tracked values on snapshot dates in a row.
-- Grain out: one row per opportunity and such stretch [first, last]; content stands for the values (their 64-bit hash).
-- In: opportunity (snapshots of some dates in a row); snapshot_day (day, before, after, number): these dates.
-- {tracked}: the tracked columns (contracts.MARTS["snapshot_spell"]).
-- Grouping is much cheaper than sorting every row; only groups with holes (A, B, A again) are cut day by day.
WITH grouped AS (
    SELECT opportunity_id, hash({tracked}) AS content, min(snapshot_date) AS first, max(snapshot_date) AS last,
           list(snapshot_date) AS days
    FROM opportunity GROUP BY opportunity_id, content
), measured AS (
    SELECT g.*, l.number - f.number + 1 = len(days) AS is_whole
    FROM grouped g JOIN snapshot_day f ON f.day = first JOIN snapshot_day l ON l.day = last
), numbered AS (
    SELECT opportunity_id, content, s.day, number FROM (
        SELECT opportunity_id, content, unnest(days) AS day FROM measured WHERE NOT is_whole) s JOIN snapshot_day USING (day)
), cut AS (
    SELECT *, number - row_number() OVER (PARTITION BY opportunity_id, content ORDER BY number) AS island FROM numbered
)
SELECT opportunity_id, content, first, last FROM measured WHERE is_whole
UNION ALL
SELECT opportunity_id, content, min(day), max(day) FROM cut GROUP BY opportunity_id, content, island
