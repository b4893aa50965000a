-- Presales hours of open opportunities, by whether the necessary conditions are weak.  Grain: groups x pipeline x is_weak.
-- Only those whose conditions are known; squares: for the spread.  Reads: as attention_counts.sql.
SELECT {dims} pipeline, round(need_score, 6) < $unconditioned_below AS is_weak, count(*) AS n,
    sum(coalesce(presales_hours, 0)) AS hours, sum(coalesce(presales_hours, 0) ** 2) AS squares
FROM {shared_attention} WHERE {where} AND status <> 'future' AND stage_order >= $unconditioned_from AND need_score IS NOT NULL
GROUP BY {groups} pipeline, is_weak
