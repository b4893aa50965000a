-- The opportunities that are put off, the next to wake first.  Reads: opportunity_state.
WITH {standing_open}
SELECT opportunity_id, account_id, segment, owner_id, team, pipeline, stage, status, amount_base, wake_on,
    coalesce(wake_on <= $as_of, false) AS is_due, loss_reason AS waits_for, count(*) OVER () AS total
FROM standing
WHERE status = 'future'
ORDER BY wake_on NULLS LAST, amount_base DESC NULLS LAST, opportunity_id
LIMIT $limit
