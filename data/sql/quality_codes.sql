-- Company codes of the accounts that have an open opportunity on $as_of.  Grain: code (as compared; NULL = none) x named.
-- Reads: opportunity_state, the canonical table account.
SELECT code, plain IS NOT NULL AS is_named, count(DISTINCT account_id) AS n
FROM {shared_named} WHERE {where} AND is_listed
GROUP BY ALL
