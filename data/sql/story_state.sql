-- The last known state of one opportunity up to $as_of.  Grain: one row.  Reads: opportunity_state.
-- left_on: since when it may be seen no more, because it has gone to others (NULL: it has not).
SELECT *, (SELECT min(valid_from) FROM opportunity_state AS later
    WHERE later.opportunity_id = $opportunity_id AND later.valid_from <= $as_of AND later.valid_from > state.valid_from) AS left_on
FROM opportunity_state AS state
WHERE {where} AND opportunity_id = $opportunity_id AND valid_from <= $as_of
ORDER BY valid_from DESC
LIMIT 1
