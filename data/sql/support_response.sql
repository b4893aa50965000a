-- How soon support requests made in the period were answered (METHOD B18): open waits are counted for as long as they
-- have lasted at the end of $as_of.
-- Grain: groups x support team x hours (begun hours: answered within h hours = hours <= h; -1: answered before asked)
-- x answered x assigned x done.  Reads: the canonical table support_request, opportunity_state.
WITH {request}
SELECT {dims} coalesce(support_team, '(unknown)') AS support_team,
    CASE WHEN answered_at < requested_at THEN -1 ELSE ceil(
        (epoch_us(coalesce(answered_at, timezone($zone, ($as_of + 1)::TIMESTAMP))) - epoch_us(requested_at)) / 3.6e9
    ) END::BIGINT AS hours_waited,
    answered_at IS NOT NULL AS is_answered, assigned_at IS NOT NULL AS is_assigned, done_at IS NOT NULL AS is_done,
    count(*) AS n, sum(hours) AS hours
FROM request
WHERE requested_on BETWEEN $start AND $until
GROUP BY ALL
