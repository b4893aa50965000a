-- What was predicted before the close, against what happened (METHOD B6, calibration).
-- Grain: source (comparison | crm | stage_default | "" = nothing was predicted) x percent (whole per cent of the
-- prediction, -1 for "") x is_both (the comparison predicted it too), with sums: of predictions, of squared errors, the
-- two of Spiegelhalter's test, and where both predicted of the differences of the squared errors and their squares;
-- first_on, last_on: first and last day of closing.
-- Reads: closing_foresight.
WITH {foreseen}, predicted AS MATERIALIZED (
    SELECT closed_on, y, p AS comparison, crm_then AS crm, stage_default FROM foreseen WHERE is_open_then
), long AS (
    SELECT 'comparison' AS source, closed_on, y, comparison, comparison AS p FROM predicted WHERE comparison IS NOT NULL
    UNION ALL SELECT 'crm', closed_on, y, comparison, crm FROM predicted WHERE crm IS NOT NULL
    UNION ALL SELECT 'stage_default', closed_on, y, comparison, stage_default FROM predicted WHERE stage_default IS NOT NULL
    UNION ALL SELECT '', closed_on, y, NULL, 0 FROM predicted WHERE comparison IS NULL AND crm IS NULL AND stage_default IS NULL
), measured AS (
    SELECT *, (p - y) * (p - y) AS error, (p - y) * (p - y) - (comparison - y) * (comparison - y) AS difference FROM long
)
SELECT source, CASE WHEN source = '' THEN -1 ELSE least(floor(p * 100 + 0.0000005), 99) END::BIGINT AS percent,
    comparison IS NOT NULL AS is_both,
    count(*) AS n, sum(y)::BIGINT AS won, sum(p) AS p_sum, sum(error) AS error_sum,
    sum((y - p) * (1 - 2 * p)) AS tilt_sum, sum((1 - 2 * p) * (1 - 2 * p) * p * (1 - p)) AS tilt_variance,
    sum(difference) AS difference_sum, sum(difference * difference) AS difference_squares,
    min(closed_on) AS first_on, max(closed_on) AS last_on
FROM measured
GROUP BY ALL
