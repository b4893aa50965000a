-- Presales hours that are usual: per pipeline and importance, the median of what is open from stage $unconditioned_from on.
-- Reads: opportunity_state, the canonical tables checklist and support_request.
WITH {standing}, {watched}, {presales}
SELECT pipeline, coalesce(importance, '') AS importance, count(*) AS n, median(coalesce(presales_hours, 0)) AS usual_hours
FROM watched LEFT JOIN spent USING (opportunity_id)
WHERE status <> 'future' AND stage_order >= $unconditioned_from
GROUP BY ALL ORDER BY ALL
