-- Names and company codes of the accounts in their latest snapshot up to $as_of, as they are compared: upper case, letters and
-- digits only, full-width ones made narrow: of those in `held_account` only (rows of account), for
-- this is dear.
account_now AS (
    SELECT account_id, nullif(regexp_replace(upper(translate(name, $wide, $narrow)), '[^\pL\pN]', '', 'g'), '') AS plain,
        nullif(regexp_replace(upper(translate(uscc, $wide, $narrow)), '[^\pL\pN]', '', 'g'), '') AS code
    FROM held_account
    WHERE snapshot_date = (SELECT max(day) FROM export_day WHERE source = 'account' AND day <= $as_of)
)
