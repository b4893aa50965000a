-- Presales hours so far of what is watched.
spent AS (
    SELECT opportunity_id, sum(hours) AS presales_hours FROM support_request
    WHERE coalesce(done_at, requested_at) < $midnight AND opportunity_id IN (SELECT opportunity_id FROM watched)
    GROUP BY opportunity_id
)
