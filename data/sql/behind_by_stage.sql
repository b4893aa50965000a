-- The opportunities behind a win rate by stage reached: closed ones that came at least as far as $stage, or were won.
-- Grain: opportunity.  $outcome: n (won and lost) | won | lost
WITH {standing}, {closed}
SELECT opportunity_id, (closed_on - created_on)::BIGINT AS days
FROM closed
WHERE ($pipeline IS NULL OR pipeline::VARCHAR = $pipeline)
    AND ($month_from IS NULL OR month BETWEEN $month_from AND $month_to)
    AND CASE $outcome WHEN 'n' THEN status IN ('won', 'lost') ELSE status::VARCHAR = $outcome END
    AND highest_order IS NOT NULL
    AND (status = 'won' OR $stage IS NULL OR highest_order >= (
        SELECT min(stage_order) FROM stage_reach WHERE stage::VARCHAR = $stage AND stage_reach.pipeline = closed.pipeline))
