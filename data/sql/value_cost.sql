-- What selling cost, per period and currency, as it was recorded.  Grain: groups x period x currency.
-- Costs name a period, an owner, a team or a segment only: a filter on anything else leaves nothing.  Reads: cost.
WITH given AS (
    SELECT period, amount, currency, owner_id, team, segment, NULL::DATE AS month,
        NULL::VARCHAR AS pipeline, NULL::VARCHAR AS ownership, NULL::VARCHAR AS industry, NULL::VARCHAR AS region,
        NULL::VARCHAR AS type, NULL::VARCHAR AS sales_mode, NULL::VARCHAR AS product_line, NULL::VARCHAR AS lead_source,
        NULL::VARCHAR AS grade, NULL::VARCHAR AS main_competitor, NULL::VARCHAR AS account_id, NULL::VARCHAR AS stage
    FROM cost
)
SELECT {dims} period, currency, sum(amount) AS amount
FROM given
WHERE {where}
GROUP BY ALL
