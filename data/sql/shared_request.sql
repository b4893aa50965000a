-- Support requests made up to the end of $as_of in the organisation's time zone, each with the dimensions of its
-- opportunity as it stood on that day (unknown where the request names none, or one that is gone).
-- What happened to a request after $as_of is not known: its instants and its hours are NULL.
SELECT *, date_trunc('month', requested_on)::DATE AS month
FROM (
    SELECT standing_then.*, asked.*
    FROM (
        SELECT opportunity_id AS asked_for, team AS support_team, requested_at, timezone($zone, requested_at)::DATE AS requested_on,
            CASE WHEN timezone($zone, assigned_at)::DATE <= $as_of THEN assigned_at END AS assigned_at,
            CASE WHEN timezone($zone, first_response_at)::DATE <= $as_of THEN first_response_at END AS answered_at,
            CASE WHEN timezone($zone, done_at)::DATE <= $as_of THEN done_at END AS done_at,
            CASE WHEN timezone($zone, coalesce(done_at, first_response_at, requested_at))::DATE <= $as_of THEN hours END AS hours,
            CASE WHEN timezone($zone, coalesce(done_at, first_response_at, requested_at))::DATE <= $as_of THEN cost END AS cost
        FROM support_request
        WHERE timezone($zone, requested_at)::DATE <= $as_of
    ) AS asked
    LEFT JOIN (
        SELECT * FROM opportunity_state WHERE valid_from <= $as_of AND (valid_to IS NULL OR valid_to > $as_of)
    ) AS standing_then ON standing_then.opportunity_id = asked.asked_for
)
WHERE {where}
