-- The opportunities behind the shares of moves.  Grain: opportunity.  $outcome: n | regress | skip | another exit kind
WITH {moves}
SELECT DISTINCT opportunity_id, NULL::BIGINT AS days
FROM moved
WHERE {mark} AND ($outcome = 'n' OR exit_kind::VARCHAR = $outcome)
