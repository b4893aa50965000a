-- Need and closeness of all parties $days before the close, of the won and lost with an assessed rival: what gamma is
-- refitted from.  Grain: opportunity, the $limit closed last.  Reads: opportunity_state, opportunity_week.
WITH {standing}, {closed}, {asked_before}
SELECT y, need_us, closeness_us, need_1, closeness_1, need_2, closeness_2, need_others, closeness_others
FROM asked
JOIN opportunity_week c ON c.opportunity_id = asked.opportunity_id AND c.week = asked.week
WHERE is_decided AND need_1 IS NOT NULL
ORDER BY closed_on DESC, asked.opportunity_id
LIMIT $limit
