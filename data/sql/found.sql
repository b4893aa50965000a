-- Opportunities that existed on $as_of and whose id, name or account matches $words: case is ignored.
-- Grain: opportunity.  Reads: opportunity_state; names from one snapshot of opportunity and account.
WITH {standing},
named AS (
    SELECT opportunity_id FROM opportunity
    WHERE $words <> '' AND snapshot_date = $snapshot AND contains(lower(name), lower($words))
),
firm AS (
    SELECT TRY_CAST(account_id AS values_account_id) AS account_id FROM account
    WHERE $words <> '' AND snapshot_date = coalesce(
            (SELECT max(day) FROM export_day WHERE source = 'account' AND day <= $as_of), (SELECT min(day) FROM export_day WHERE source = 'account'))
        AND contains(lower(name), lower($words))
)
SELECT opportunity_id, NULL::BIGINT AS days
FROM standing
WHERE $words = '' OR contains(lower(opportunity_id), lower($words)) OR opportunity_id IN (SELECT opportunity_id FROM named)
    OR account_id IN (SELECT account_id FROM firm WHERE account_id IS NOT NULL)
