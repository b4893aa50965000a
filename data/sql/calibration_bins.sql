-- What was predicted before the close, against what happened (METHOD B6, calibration).
-- Grain: source (comparison | crm | stage_default | "" = nothing was predicted) x percent (whole per cent of the
-- prediction, -1 for "") x is_both (the comparison predicted it too), with sums: of predictions, of squared errors, the
-- two of Spiegelhalter's test, and where both predicted of the differences of the squared errors and their squares;
-- first_on, last_on: first and last day of closing.
-- What the comparison did not predict has few different predictions (of stages and the CRM): counted before it is told apart.
-- Reads: closing_foresight.
WITH {foreseen}, told AS MATERIALIZED (
    SELECT y, p, crm_then, stage_default, closed_on FROM foreseen WHERE is_open_then
), alike AS MATERIALIZED (
    SELECT y, NULL::DOUBLE AS comparison, crm_then AS crm, stage_default, count(*) AS n, min(closed_on) AS first_on,
        max(closed_on) AS last_on
    FROM told
    WHERE p IS NULL
    GROUP BY ALL
), single AS MATERIALIZED (
    SELECT y, p AS comparison, crm_then AS crm, stage_default, 1 AS n, closed_on AS first_on, closed_on AS last_on
    FROM told
    WHERE p IS NOT NULL
), predicted AS (
    SELECT * FROM alike UNION ALL SELECT * FROM single
), long AS (
    SELECT 'comparison' AS source, *, comparison AS p FROM single
    UNION ALL SELECT 'crm', *, crm FROM predicted WHERE crm IS NOT NULL
    UNION ALL SELECT 'stage_default', *, stage_default FROM predicted WHERE stage_default IS NOT NULL
    UNION ALL SELECT '', *, 0 FROM alike WHERE crm IS NULL AND stage_default IS NULL
), measured AS (
    SELECT *, (p - y) * (p - y) AS error, (p - y) * (p - y) - (comparison - y) * (comparison - y) AS difference FROM long
)
SELECT source, CASE WHEN source = '' THEN -1 ELSE least(floor(p * 100 + 0.0000005), 99) END::BIGINT AS percent,
    comparison IS NOT NULL AS is_both,
    sum(n)::BIGINT AS n, sum(n * y)::BIGINT AS won, sum(n * p) AS p_sum, sum(n * error) AS error_sum,
    sum(n * (y - p) * (1 - 2 * p)) AS tilt_sum, sum(n * (1 - 2 * p) * (1 - 2 * p) * p * (1 - p)) AS tilt_variance,
    sum(n * difference) AS difference_sum, sum(n * difference * difference) AS difference_squares,
    min(first_on) AS first_on, max(last_on) AS last_on
FROM measured
GROUP BY ALL
