-- Presales hours that are usual: per pipeline and importance, the median of what is open from stage $unconditioned_from on
-- and took any: with the others the usual would be nothing where few ask for presales, and one hour too many.
-- Requests of others are left out before hours are added up.
-- Reads: opportunity_state, the canonical table support_request.
WITH {standing_open}, {watched},
late AS MATERIALIZED (
    SELECT opportunity_id, opportunity_key, pipeline, importance FROM watched
    WHERE status <> 'future' AND stage_order >= $unconditioned_from
),
spent AS (
    SELECT late.pipeline, importance, sum(hours) AS presales_hours
    FROM support_request JOIN late USING (opportunity_id)
    WHERE coalesce(done_at, requested_at) < $midnight
    GROUP BY opportunity_key, late.pipeline, importance
)
SELECT pipeline, coalesce(importance, '') AS importance, count(*) AS n, median(presales_hours) AS usual_hours
FROM spent
WHERE presales_hours > 0
GROUP BY ALL ORDER BY ALL
