-- Presales hours of open opportunities, by whether the necessary conditions are weak.  Grain: groups x pipeline x is_weak.
-- Only those whose conditions are known; squares: for the spread.  Reads as attention_hours.
WITH {standing_open}, {watched}, {spent},
need AS (SELECT opportunity_key, need AS need_score FROM {shared_conditions})
SELECT {dims} pipeline, need_score < $unconditioned_below AS is_weak, count(*) AS n,
    sum(coalesce(presales_hours, 0)) AS hours, sum(coalesce(presales_hours, 0) ** 2) AS squares
FROM watched JOIN need USING (opportunity_key) LEFT JOIN spent USING (opportunity_id)
WHERE status <> 'future' AND stage_order >= $unconditioned_from AND need_score IS NOT NULL
GROUP BY {groups} pipeline, is_weak
