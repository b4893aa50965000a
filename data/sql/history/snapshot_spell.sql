-- Snapshots without repetition: the values of each stretch.
-- Grain out: one row per opportunity and stretch. In: stretch (stretch.sql), opportunity, snapshot_day.
-- seen_until is NULL where the stretch reaches the last date of snapshot_day.
SELECT o.opportunity_id, f.before AS seen_before, s.first AS seen_from, l.after AS seen_until, s.content, {tracked}
FROM opportunity o JOIN stretch s ON s.opportunity_id = o.opportunity_id AND s.first = o.snapshot_date
JOIN snapshot_day f ON f.day = s.first JOIN snapshot_day l ON l.day = s.last
