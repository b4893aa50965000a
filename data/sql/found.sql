-- Opportunities that existed on $as_of and whose id, name or account matches $words: case is ignored.
-- Grain: opportunity.  Reads: opportunity_state; names from one snapshot of opportunity and account.
WITH {standing},
named AS (SELECT opportunity_id, any_value(name) AS name FROM opportunity WHERE snapshot_date = $snapshot GROUP BY opportunity_id),
firm AS (
    SELECT account_id, any_value(name) AS account_name FROM account
    WHERE snapshot_date = coalesce(
        (SELECT max(snapshot_date) FROM account WHERE snapshot_date <= $as_of), (SELECT min(snapshot_date) FROM account))
    GROUP BY account_id
)
SELECT opportunity_id, NULL::BIGINT AS days
FROM standing
LEFT JOIN named USING (opportunity_id)
LEFT JOIN firm ON firm.account_id = standing.account_id::VARCHAR
WHERE contains(lower(concat_ws(' ', opportunity_id, name, account_name)), lower($words))
