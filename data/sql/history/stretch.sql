-- When an opportunity showed the same tracked values on snapshot dates in a row.
-- Grain out: one row per opportunity and such stretch [first, last]; content stands for the values (their 64-bit hash).
-- In: opportunity (snapshots of some dates in a row); snapshot_day (day, before, after, number): these dates, 64 at most.
-- {tracked}: the tracked columns (contracts.MARTS["snapshot_spell"]).
-- Grouping is much cheaper than sorting every row, one bit per date much cheaper than a list of them; only groups with
-- holes (A, B, A again) are cut day by day.
WITH grouped AS (
    SELECT opportunity_id, hash({tracked}) AS content, min(number) AS first_no, max(number) AS last_no,
           bit_or(1::UBIGINT << number) AS shown
    FROM opportunity JOIN snapshot_day ON day = snapshot_date GROUP BY opportunity_id, content
), day_shown AS (
    SELECT opportunity_id, content, number FROM (
        SELECT *, unnest(range(first_no, last_no + 1)) AS number FROM grouped WHERE bit_count(shown) <= last_no - first_no)
    WHERE (shown >> number) & 1 = 1
), cut AS (
    SELECT *, number - row_number() OVER (PARTITION BY opportunity_id, content ORDER BY number) AS island FROM day_shown
), stretch AS (
    SELECT opportunity_id, content, first_no, last_no FROM grouped WHERE bit_count(shown) > last_no - first_no
    UNION ALL
    SELECT opportunity_id, content, min(number), max(number) FROM cut GROUP BY opportunity_id, content, island
)
SELECT opportunity_id, content, f.day AS first, f.before, l.after
FROM stretch JOIN snapshot_day f ON f.number = first_no JOIN snapshot_day l ON l.number = last_no
