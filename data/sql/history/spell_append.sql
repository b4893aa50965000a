-- Stretches of later snapshots put behind the spells of earlier ones; what they say is fetched when all are known.
-- Grain out: one row per spell that stood before the later dates or begins on one of them; seen_until is NULL where it
-- reaches the last date. is_new: it differs from every spell that stood at the beginning.
-- In: open_spell (opportunity_id, content, seen_before, seen_from, is_new: what stood at the date before the later ones);
-- stretch (stretch.sql); $first: the first of the later dates.
WITH matched AS (
    SELECT l.*, o.seen_from, o.seen_before, o.is_new
    FROM stretch l LEFT JOIN open_spell o
      ON l.opportunity_id = o.opportunity_id AND l.content = o.content AND l.first = $first
)
SELECT opportunity_id, content, CASE WHEN seen_from IS NULL THEN before ELSE seen_before END AS seen_before,
       coalesce(seen_from, first) AS seen_from, after AS seen_until, coalesce(is_new, true) OR after IS NOT NULL AS is_new
FROM matched
UNION ALL
SELECT opportunity_id, content, seen_before, seen_from, $first, true
FROM open_spell ANTI JOIN (SELECT opportunity_id FROM matched WHERE seen_from IS NOT NULL) USING (opportunity_id)
