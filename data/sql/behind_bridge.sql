-- The opportunities behind a part of the bridge.  Grain: opportunity.
-- $outcome: start | end | increased (an unknown amount became known, too) | decreased | a way in or out
WITH {bridge}
SELECT DISTINCT opportunity_id, NULL::BIGINT AS days
FROM bridge
WHERE CASE $outcome
    WHEN 'start' THEN entry IS NULL
    WHEN 'end' THEN exit = 'kept'
    WHEN 'increased' THEN change IN ('increased', 'known')
    WHEN 'decreased' THEN change IN ('decreased', 'unknown')
    ELSE entry = $outcome OR exit = $outcome END
