-- By how much the closeness of accounts changed since the start of the period, per group to which they belonged then.
-- Grain: dimension (holder_id: who held more of the relationship than anybody; '' = everybody) x value.  total and
-- squares are sums of the change and of its square, after
-- taking out what the level at the start explains: who stands high falls back more often, whoever holds the account.
-- change = mean of the plain change.  Reads: account_week (shared_closeness.sql).
WITH moved AS (SELECT *, mean - mean_start AS change_period FROM {shared_closeness} WHERE {where}),
grouped AS (
    SELECT change_period - coalesce(regr_slope(change_period, mean_start) OVER (), 0) * (mean_start - avg(mean_start) OVER ())
            AS part, change_period,
        unnest(['', 'holder_id', 'owner_id', 'team', 'segment', 'region', 'industry', 'ownership']) AS dimension,
        unnest(['', CASE WHEN dependence_start >= $dependence_from THEN holder_start::VARCHAR END, owner_start::VARCHAR,
                team_start::VARCHAR, segment::VARCHAR, region::VARCHAR, industry::VARCHAR, ownership::VARCHAR]) AS value,
        mean_start, mean
    FROM moved
    WHERE change_period IS NOT NULL
)
SELECT dimension, value, count(*) AS n, sum(part) AS total, sum(part ** 2) AS squares, avg(change_period) AS change,
    avg(mean_start) AS closeness_before, avg(mean) AS closeness_now
FROM grouped
WHERE value IS NOT NULL
GROUP BY dimension, value
ORDER BY dimension, value
