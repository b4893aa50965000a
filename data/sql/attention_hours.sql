-- Presales hours that are usual: per pipeline and importance, the median of what is open from stage $unconditioned_from on
-- and took any: with the others the usual would be nothing where few ask for presales, and one hour too many.
-- Reads: opportunity_state, the canonical table support_request.
WITH {standing_open}, {watched}, {spent}
SELECT pipeline, coalesce(importance, '') AS importance, count(*) AS n, median(presales_hours) AS usual_hours
FROM watched JOIN spent USING (opportunity_id)
WHERE status <> 'future' AND presales_hours > 0 AND stage_order >= $unconditioned_from
GROUP BY ALL ORDER BY ALL
