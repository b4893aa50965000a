-- The opportunities behind a win rate or a cycle of closed ones.  Grain: opportunity.
-- $outcome: n (won and lost) | decided (and no decision) | won | lost | no_decision | void
WITH {standing}, {closed}
SELECT opportunity_id, (closed_on - created_on)::BIGINT AS days
FROM closed
WHERE {mark} AND CASE $outcome
    WHEN 'n' THEN status IN ('won', 'lost') WHEN 'decided' THEN status IN ('won', 'lost', 'no_decision')
    ELSE status::VARCHAR = $outcome END
