-- The open opportunities whose record lacks something.  Grain: opportunity.
-- $outcome: n | flagged | past_due | no_close_date | no_amount | no_next_step | no_activity
WITH {kept}
SELECT opportunity_id, NULL::BIGINT AS days
FROM flagged
WHERE {mark} AND CASE $outcome
    WHEN 'past_due' THEN past_due WHEN 'no_close_date' THEN no_close_date WHEN 'no_amount' THEN no_amount
    WHEN 'no_next_step' THEN coalesce(no_next_step, false) WHEN 'no_activity' THEN coalesce(no_activity, false)
    WHEN 'flagged' THEN coalesce(past_due OR no_close_date OR no_amount OR no_next_step OR no_activity, false)
    ELSE true END
