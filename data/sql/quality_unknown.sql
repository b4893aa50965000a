-- Of the open opportunities on $as_of, for how many each dimension is not known, and how many changed in any tracked field
-- within the last $fresh_days days.  Grain: groups.  Reads: opportunity_state.
WITH {standing_open}, {stock}
SELECT {dims} count(*) AS n, count(*) FILTER (valid_from > $as_of - $fresh_days) AS fresh,
    count(*) FILTER (account_id IS NULL) AS no_account_id, count(*) FILTER (segment IS NULL) AS no_segment,
    count(*) FILTER (ownership IS NULL) AS no_ownership, count(*) FILTER (industry IS NULL) AS no_industry,
    count(*) FILTER (region IS NULL) AS no_region, count(*) FILTER (team IS NULL) AS no_team,
    count(*) FILTER (owner_id IS NULL) AS no_owner_id, count(*) FILTER (type IS NULL) AS no_type,
    count(*) FILTER (sales_mode IS NULL) AS no_sales_mode, count(*) FILTER (product_line IS NULL) AS no_product_line,
    count(*) FILTER (lead_source IS NULL) AS no_lead_source, count(*) FILTER (grade IS NULL) AS no_grade,
    count(*) FILTER (main_competitor IS NULL) AS no_main_competitor
FROM stock
WHERE is_in
GROUP BY ({groups})
