-- How much of our offering accounts have (METHOD B18, after Siebel's unit x offering), at the end of each of $days.
-- Grain: groups x day.  accounts: with any opportunity by then; lines: product lines of these opportunities, of all groups
-- together; pairs: of account and product line with business: an opportunity that is open, paused or won then.
-- without_line: opportunities whose product line nobody knows, of `opportunities`.  Reads: opportunity_state.
WITH asked AS (SELECT unnest($days::DATE[]) AS day),
stood AS (
    SELECT opportunity_state.*, day, date_trunc('month', day)::DATE AS month,
        status IN ('open', 'paused', 'won') OR (status = 'future' AND coalesce(wake_on <= day, false)) AS is_business
    FROM opportunity_state CROSS JOIN asked
    WHERE {where} AND account_id IS NOT NULL AND valid_from <= day AND (valid_to IS NULL OR valid_to > day)
        AND (valid_to IS NULL OR valid_to > list_min($days::DATE[]))
),
offered AS (SELECT day, count(DISTINCT product_line) AS lines FROM stood GROUP BY day),
held AS (
    SELECT {dims} day, account_id AS firm, product_line AS line, bool_or(is_business) AS is_business, count(*) AS opportunities
    FROM stood
    GROUP BY {groups} day, firm, line
)
SELECT {dims} day, any_value(lines) AS lines, count(DISTINCT firm) AS accounts,
    count(*) FILTER (is_business AND line IS NOT NULL) AS pairs, sum(opportunities)::BIGINT AS opportunities,
    coalesce(sum(opportunities) FILTER (line IS NULL), 0)::BIGINT AS without_line
FROM held JOIN offered USING (day)
GROUP BY {groups} day
