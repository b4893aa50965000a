-- Open opportunities whose win rate moved in the last week ($only = 'moved', largest move first) or of which something
-- must be looked at ($only = 'events', or the name of one event; largest amount first), and their `total`.
-- Grain: opportunity.  Reads: opportunity_state, opportunity_week.  now, before: the rows of both weeks (NULL: none).
WITH {compared},
moved AS (
    SELECT opportunity_id, account_id, segment, owner_id, team, pipeline, stage, stage_order, status, amount_base, crm,
        c.week AS week, c.p AS p, b.p AS p_before, c.delta AS delta, c.p_us AS p_us, c.g AS g, c.rival_1 AS rival,
        c.is_phantom AS is_phantom, c.is_stale AS is_stale, c.new_rival AS new_rival, assessed_week, is_silent, is_jump,
        is_lead_lost, is_new_rival, is_doomed, is_less_certain, count(*) OVER () AS total, opportunity_key
    FROM compared
    WHERE CASE $only WHEN 'moved' THEN abs(c.delta) >= 0.00005 WHEN 'lead_lost' THEN is_lead_lost WHEN 'doomed' THEN is_doomed
               WHEN 'jump' THEN is_jump WHEN 'less_certain' THEN is_less_certain WHEN 'new_rival' THEN is_new_rival
               WHEN 'silent' THEN is_silent
               ELSE is_silent OR is_jump OR is_lead_lost OR is_new_rival OR is_doomed OR is_less_certain END
    ORDER BY CASE WHEN $only = 'moved' THEN abs(c.delta) END DESC NULLS LAST, amount_base DESC NULLS LAST, opportunity_id
    LIMIT $limit
), whole AS (
    SELECT * FROM opportunity_week
    WHERE week BETWEEN $as_of - 21 AND $as_of AND opportunity_key IN (SELECT opportunity_key FROM moved)
)
SELECT moved.* EXCLUDE (opportunity_key, total), now, before, total
FROM moved
LEFT JOIN whole AS now ON now.opportunity_key = moved.opportunity_key AND now.week = (SELECT week FROM compared_week)
LEFT JOIN whole AS before ON before.opportunity_key = moved.opportunity_key
    AND before.week = (SELECT week FROM compared_week) - 7
ORDER BY CASE WHEN $only = 'moved' THEN abs(moved.delta) END DESC NULLS LAST, amount_base DESC NULLS LAST, opportunity_id
