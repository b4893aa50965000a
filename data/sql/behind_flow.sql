-- The opportunities behind a ribbon of the stage flow.  Grain: opportunity.  $outcome: an exit kind, open, or n.
WITH {flow}
SELECT DISTINCT opportunity_id, NULL::BIGINT AS days
FROM visit
WHERE {mark} AND CASE $outcome
    WHEN 'n' THEN true WHEN 'open' THEN NOT is_left ELSE is_left AND exit_kind::VARCHAR = $outcome END
