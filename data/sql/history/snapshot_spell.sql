-- Snapshots without repetition.
-- Grain out: one row per opportunity and stretch of consecutive snapshot dates with the same tracked values.
-- In: opportunity (snapshots, any number of dates); snapshot_day (day, before, after, number): the dates among them.
-- {tracked}: the tracked columns (contracts.MARTS["snapshot_spell"]).
-- seen_until is NULL where the stretch reaches the last date of snapshot_day.
-- Grouping by all values is much cheaper than sorting every row; only opportunities that come back to earlier
-- values (A, B, A again: the group has holes) are cut into stretches row by row.
WITH numbered AS (
    SELECT opportunity_id, number, {tracked}
    FROM opportunity JOIN snapshot_day ON snapshot_date = day
), grouped AS (
    SELECT opportunity_id, {tracked}, min(number) AS first, max(number) AS last, count(*) AS seen
    FROM numbered GROUP BY opportunity_id, {tracked}
), holed AS (
    SELECT DISTINCT opportunity_id FROM grouped WHERE seen < last - first + 1
), cut AS (
    SELECT *, number - row_number() OVER (PARTITION BY opportunity_id, {tracked} ORDER BY number) AS island
    FROM numbered SEMI JOIN holed USING (opportunity_id)
), stretch AS (
    SELECT opportunity_id, {tracked}, first, last FROM grouped ANTI JOIN holed USING (opportunity_id)
    UNION ALL
    SELECT opportunity_id, {tracked}, min(number), max(number) FROM cut GROUP BY opportunity_id, island, {tracked}
)
SELECT opportunity_id, f.before AS seen_before, f.day AS seen_from, l.after AS seen_until, {tracked}
FROM stretch JOIN snapshot_day f ON f.number = first JOIN snapshot_day l ON l.number = last
