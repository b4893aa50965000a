-- The accounts of one person's group of closeness_shifts.sql: those held alone at the start of the period ($dimension
-- holder_id), or owned then (owner_id).  Grain: account.  is_active: does the person still work here.
-- Reads: account_week, opportunity_state, the canonical table owner.
WITH {standing_open}, {closeness_now}, {person}
SELECT account_id::VARCHAR AS account_id, dependence_start, is_active
FROM account_now LEFT JOIN person ON person.owner_id = $value
WHERE change_period IS NOT NULL
    AND CASE WHEN $dimension = 'holder_id' THEN holder_start::VARCHAR = $value AND dependence_start >= $dependence_from
        ELSE owner_start::VARCHAR = $value END
ORDER BY account_id
LIMIT $limit
