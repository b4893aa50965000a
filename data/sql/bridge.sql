-- The bridge between two stocks: how many came and left in which way, with their amounts at first and at last.
-- Grain: groups x entry x exit x change.  The month is that of the expected close.  Reads: opportunity_state, stage_visit.
WITH {bridge}
SELECT {dims} coalesce(entry, '') AS entry, exit, coalesce(change, '') AS change, count(*) AS n,
    sum(amount_then) AS amount_then, count(*) FILTER (amount_then IS NULL) AS missing_then,
    sum(amount_now) AS amount_now, count(*) FILTER (amount_now IS NULL) AS missing_now
FROM bridge
GROUP BY {groups} entry, exit, change
