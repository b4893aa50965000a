-- The opportunities behind the open pipeline.  Grain: opportunity.
-- $outcome: n | active (neither paused nor put off) | paused | overdue | future
WITH {standing_open}, {stock}
SELECT opportunity_id, NULL::BIGINT AS days
FROM stock
WHERE {mark} AND CASE $outcome
    WHEN 'active' THEN status = 'open' WHEN 'paused' THEN is_in AND status = 'paused' WHEN 'overdue' THEN is_in AND expected_close_on < $as_of
    WHEN 'future' THEN NOT is_in ELSE is_in END
