-- Presales requests on one opportunity up to $as_of; what came later is not told.  Grain: request.  Reads: support_request.
WITH day AS (
    SELECT request_id, team, kind, hours, timezone($zone, requested_at)::DATE AS requested_on,
        timezone($zone, first_response_at)::DATE AS responded_on, timezone($zone, done_at)::DATE AS done_on
    FROM support_request WHERE opportunity_id = $opportunity_id
)
SELECT request_id, kind, team, requested_on, CASE WHEN responded_on <= $as_of THEN responded_on END AS responded_on,
    CASE WHEN done_on <= $as_of THEN done_on END AS done_on,
    CASE WHEN coalesce(done_on, requested_on) <= $as_of THEN hours END AS hours
FROM day WHERE requested_on <= $as_of
ORDER BY requested_on, request_id
