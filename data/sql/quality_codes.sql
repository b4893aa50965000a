-- Company codes of the accounts that have an open opportunity on $as_of.  Grain: code (as compared; NULL = none) x named.
-- Reads: opportunity_state, the canonical table account.
WITH {standing_open}, {stock},
held_account AS (SELECT * FROM account WHERE account_id IN (SELECT account_id::VARCHAR FROM stock WHERE is_in)),
{account_now}
SELECT code, plain IS NOT NULL AS is_named, count(*) AS n
FROM (SELECT DISTINCT account_id::VARCHAR AS account_id FROM stock WHERE is_in AND account_id IS NOT NULL)
JOIN account_now USING (account_id)
GROUP BY ALL
