-- The opportunities behind a rate of created ones.  Grain: opportunity.
-- $outcome: n (all but void) | open | won | lost | no_decision | void
WITH {standing}, {created}
SELECT opportunity_id, (coalesce(closed_on, $as_of) - created_on)::BIGINT AS days
FROM created
WHERE {mark} AND CASE $outcome
    WHEN 'n' THEN status <> 'void' WHEN 'open' THEN status IN ('open', 'paused', 'future')
    ELSE status::VARCHAR = $outcome END
