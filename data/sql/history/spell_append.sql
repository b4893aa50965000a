-- Spells of later snapshots put behind those of earlier ones.
-- Grain out: as snapshot_spell; is_new: the row differs from every earlier one.
-- In: open_spell (earlier spells with seen_until NULL); later_spell (spells of the later dates, see snapshot_spell.sql);
-- $first: the first of the later dates. {tracked}: the tracked columns; content stands for their values.
WITH matched AS (
    SELECT l.*, o.seen_from AS o_from, o.seen_before AS o_before
    FROM later_spell l LEFT JOIN (SELECT opportunity_id, content, seen_from, seen_before FROM open_spell) o
      ON l.opportunity_id = o.opportunity_id AND l.seen_from = $first AND l.content = o.content
)
SELECT opportunity_id, CASE WHEN o_from IS NULL THEN seen_before ELSE o_before END AS seen_before,
       coalesce(o_from, seen_from) AS seen_from, seen_until, content, {tracked},
       o_from IS NULL OR seen_until IS NOT NULL AS is_new
FROM matched
UNION ALL
SELECT opportunity_id, seen_before, seen_from, $first AS seen_until, content, {tracked}, true
FROM open_spell ANTI JOIN (SELECT opportunity_id FROM matched WHERE o_from IS NOT NULL) USING (opportunity_id)
