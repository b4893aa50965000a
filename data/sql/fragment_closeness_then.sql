-- Closeness then, of the won and lost: to the deciders as assessed, and of the account. Opportunities of one account are
-- one cluster, one without an account is a cluster of its own.
close_then AS NOT MATERIALIZED (
    SELECT 'project' AS source, account_id, CASE WHEN account_id IS NULL THEN opportunity_key END AS alone, y,
        closeness_us AS closeness
    FROM foreseen WHERE is_decided
    UNION ALL
    SELECT 'account', account_id, CASE WHEN account_id IS NULL THEN opportunity_key END, y, account_closeness
    FROM foreseen WHERE is_decided
)
