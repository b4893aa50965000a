-- Need and closeness of all parties before the close, of the won and lost with an assessed rival: what gamma is
-- refitted from.  Grain: opportunity, the $limit closed last.  Reads: closing_foresight.
WITH {foreseen}
SELECT y, need_us, closeness_us, need_1, closeness_1, need_2, closeness_2, need_others, closeness_others
FROM foreseen
WHERE is_decided AND need_1 IS NOT NULL
ORDER BY closed_on DESC, opportunity_id
LIMIT $limit
