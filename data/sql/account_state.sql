-- The last known week of one account up to $as_of: one row, none if it may not be seen.  Reads: account_week.
SELECT * FROM account_week WHERE {where} AND account_id = TRY_CAST($account_id AS values_account_id) AND as_of_on <= $as_of ORDER BY week DESC LIMIT 1
