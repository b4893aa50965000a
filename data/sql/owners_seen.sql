-- Owners of the opportunities that may be seen, of all times up to $as_of.  Grain: owner.  Reads: opportunity_state.
SELECT owner_id::VARCHAR AS owner_id
FROM (SELECT owner_id FROM opportunity_state WHERE {where} AND owner_id IS NOT NULL AND valid_from <= $as_of GROUP BY owner_id)
