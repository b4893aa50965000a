-- The accounts with the largest open amounts.  Grain: account.  Reads: opportunity_state.
WITH {standing_open}, {stock}
SELECT account_id, count(*) AS n, sum(amount_base) AS amount, count(*) FILTER (amount_base IS NULL) AS amount_missing
FROM stock
WHERE is_in AND account_id IS NOT NULL
GROUP BY account_id
HAVING sum(amount_base) > 0
ORDER BY amount DESC, account_id
LIMIT $limit
