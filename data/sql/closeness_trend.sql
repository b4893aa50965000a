-- The score test for a trend of winning in closeness, opportunities of one account counted as one piece of evidence.
-- Grain: source.  score = sum of (closeness - mean) * (won - mean), variance = sum over accounts of its square (robust).
-- Reads: opportunity_state, opportunity_week, account_week.
WITH {standing}, {closed}, {asked_before}, {closeness_then},
centred AS (
    SELECT source, cluster, (closeness - avg(closeness) OVER (PARTITION BY source)) * (y - avg(y) OVER (PARTITION BY source)) AS part
    FROM close_then
    WHERE closeness IS NOT NULL
), per_cluster AS (
    SELECT source, cluster, sum(part) AS part FROM centred GROUP BY source, cluster
)
SELECT source, count(*) AS clusters, sum(part) AS score, sum(part ** 2) AS variance
FROM per_cluster
GROUP BY source
