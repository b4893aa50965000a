-- The score test for a trend of winning in closeness, opportunities of one account counted as one piece of evidence.
-- Grain: source.  score = sum of (closeness - mean) * (won - mean), variance = sum over accounts of its square (robust).
-- Reads: closing_foresight.
WITH {foreseen}, {closeness_then},
per_cluster AS (
    SELECT source, account_id, alone, count(*) AS n, sum(closeness) AS points, sum(y) AS won, sum(closeness * y) AS both
    FROM close_then WHERE closeness IS NOT NULL
    GROUP BY source, account_id, alone
), mean AS (
    SELECT source, sum(points) / sum(n) AS points, sum(won) / sum(n) AS won FROM per_cluster GROUP BY source
), centred AS (  -- the sum of (closeness - mean) * (won - mean) over a cluster, multiplied out
    SELECT c.source, c.both - m.points * c.won - m.won * c.points + c.n * m.points * m.won AS part
    FROM per_cluster c JOIN mean m USING (source)
)
SELECT source, count(*) AS clusters, sum(part) AS score, sum(part ** 2) AS variance
FROM centred
GROUP BY source
