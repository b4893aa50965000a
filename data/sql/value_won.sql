-- Won and lost in the period, by type (new, renewal, resale) and sales mode (METHOD B18): repeat share, partner share, mix.
-- Grain: groups x type x sales_mode.  Reads: opportunity_state.
WITH {standing}, {closed}
SELECT {dims} coalesce(type::VARCHAR, '(unknown)') AS type, coalesce(sales_mode::VARCHAR, '(unknown)') AS sales_mode,
    count(*) FILTER (status = 'won') AS won, count(*) FILTER (status = 'lost') AS lost,
    sum(amount_base) FILTER (status = 'won') AS won_amount,
    sum(amount_base * amount_base::DOUBLE) FILTER (status = 'won') AS won_square,
    count(*) FILTER (status = 'won' AND amount_base IS NULL) AS won_amount_missing
FROM closed
WHERE status IN ('won', 'lost')
GROUP BY ALL
