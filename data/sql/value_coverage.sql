-- Target accounts and those touched within $reached days (METHOD B18), in the last judged week of the period or of each month
-- in it. Where the exports of that time name no target account, all accounts are.
-- Grain: groups x as_of_on x tier.  short: too early to judge.  Reads: account_week, the canonical table account.
WITH {judged_weeks},
told AS (
    SELECT as_of_on, max(snapshot_date) AS snapshot_date
    FROM (SELECT DISTINCT as_of_on FROM judged_weeks), (SELECT day AS snapshot_date FROM export_day WHERE source = 'account')
    WHERE snapshot_date <= as_of_on
    GROUP BY as_of_on
),
targeted AS MATERIALIZED (SELECT DISTINCT as_of_on FROM account JOIN told USING (snapshot_date) WHERE is_target),
listed AS (  -- without targets only those matter of whom the export says anything
    SELECT as_of_on, account_id AS listed_id, tier, is_target FROM account JOIN told USING (snapshot_date)
    WHERE tier IS NOT NULL OR as_of_on IN (SELECT as_of_on FROM targeted)
)
SELECT {dims} firm.as_of_on, coalesce(listed.tier, '(unknown)') AS tier, count(*) AS n,
    count(*) FILTER (NOT is_short_history AND last_touch_on > firm.as_of_on - $reached::INTEGER) AS events,
    count(*) FILTER (is_short_history) AS short
FROM firm
LEFT JOIN listed ON listed.as_of_on = firm.as_of_on AND listed_id = firm.account_id
WHERE coalesce(listed.is_target, false) OR firm.as_of_on NOT IN (SELECT as_of_on FROM targeted)
GROUP BY ALL
