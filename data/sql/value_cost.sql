-- What selling cost, per period and currency, as it was recorded.  Grain: groups x period x currency.
-- Costs name a period, an owner, a team or a segment only: a filter on anything else leaves nothing.  Reads: cost.
WITH given AS (
    SELECT period, amount, currency, owner_id, team, segment, NULL::DATE AS month FROM cost
    UNION ALL BY NAME SELECT * FROM opportunity_state WHERE false  -- all that opportunities name, and these do not
)
SELECT {dims} period, currency, sum(amount) AS amount
FROM given
WHERE {where}
GROUP BY ALL
