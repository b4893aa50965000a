-- Open opportunities that have been in their stage for more than $longer days (paused ones not).  Grain: opportunity.
-- $outcome: n (all of them, whatever $longer) | slow | paused
WITH {standing_open}, {stock}
SELECT opportunity_id, ($as_of - stage_entered_on)::BIGINT AS days
FROM stock
WHERE {mark} AND is_in AND CASE $outcome
    WHEN 'paused' THEN status = 'paused'
    WHEN 'slow' THEN status <> 'paused' AND $as_of - stage_entered_on > $longer ELSE true END
