-- The last known state of one opportunity up to $as_of.  Grain: one row.  Reads: opportunity_state.
SELECT * FROM opportunity_state
WHERE {where} AND opportunity_id = $opportunity_id AND valid_from <= $as_of
ORDER BY valid_from DESC
LIMIT 1
