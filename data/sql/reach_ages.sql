-- How long those that are still open at a stage have been there: for the share that is too young to judge.
-- Grain: pipeline x stage x groups x age in days.  Reads: as reach_counts.
WITH {apart}, {reach}
SELECT {dims} pipeline, stage, ($as_of - reached_on)::INTEGER AS age, count(*) AS n
FROM reached
WHERE is_counted AND NOT is_passed AND ended IS NULL
GROUP BY {groups} pipeline, stage, age
