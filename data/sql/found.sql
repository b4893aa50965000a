-- Opportunities that existed on $as_of and whose id, name or account matches $words (case is ignored): the columns of
-- listing.sql.  Whoever is found stood so on that day, so that nobody has to be looked up again.
-- Grain: opportunity.  Reads: opportunity_state; names from one snapshot of opportunity and account.
WITH {standing},
named AS (
    SELECT opportunity_id FROM opportunity
    WHERE snapshot_date = $snapshot AND contains(lower(name), lower($words))
),
firm AS (
    SELECT TRY_CAST(account_id AS values_account_id) AS account_id FROM account
    WHERE snapshot_date = coalesce(
            (SELECT max(day) FROM export_day WHERE source = 'account' AND day <= $as_of), (SELECT min(day) FROM export_day WHERE source = 'account'))
        AND contains(lower(name), lower($words))
),
matched AS MATERIALIZED (  -- counted and listed
    SELECT * FROM standing
    WHERE contains(lower(opportunity_id), lower($words)) OR opportunity_id IN (SELECT opportunity_id FROM named)
        OR account_id IN (SELECT account_id FROM firm WHERE account_id IS NOT NULL)
)
SELECT
    opportunity_id, account_id, segment, owner_id, team, pipeline, stage, status, amount_base,
    CASE WHEN status IN ('open', 'paused', 'future') THEN $as_of - stage_entered_on END::BIGINT AS days_in_stage,
    created_on, expected_close_on, closed_on, NULL::DATE AS left_on, (SELECT count(*) FROM matched) AS total
FROM matched
ORDER BY {order} amount_base DESC NULLS LAST, opportunity_id
LIMIT $limit
