-- Who holds relationships alone: the seller leaves and takes the customer (METHOD B4).  Grain: holder.
-- accounts: of which one person holds $dependence_from or more; known: accounts of which anybody is known to hold most.
-- Reads: account_week, opportunity_state, the canonical table owner (is_active; unknown where it does not say).
WITH {standing_open}, {closeness_now}, {person}
SELECT holder_id, count(*) FILTER (is_dependent) AS accounts, count(*) AS known,
    avg(person_dependence) FILTER (is_dependent) AS person_dependence, avg(closeness) FILTER (is_dependent) AS closeness,
    coalesce(sum(n_open) FILTER (is_dependent), 0)::BIGINT AS n_open,
    sum(amount_base) FILTER (is_dependent) AS amount_base, any_value(is_active) AS is_active, count(*) OVER () AS total
FROM account_now LEFT JOIN person ON person.owner_id = holder_id::VARCHAR
WHERE holder_id IS NOT NULL AND person_dependence IS NOT NULL
GROUP BY holder_id
HAVING accounts > 0
ORDER BY amount_base DESC NULLS LAST, accounts DESC, holder_id
LIMIT $limit
