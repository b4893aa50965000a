-- Names of the given accounts as of the latest snapshot up to $as_of (the first one, if all are later).
-- Grain: account.  Reads: the canonical table account.
SELECT account_id AS id, name
FROM account
WHERE list_contains($ids, account_id) AND snapshot_date = coalesce(
    (SELECT max(day) FROM export_day WHERE source = 'account' AND day <= $as_of), (SELECT min(day) FROM export_day WHERE source = 'account'))
