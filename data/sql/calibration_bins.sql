-- What was predicted $days before the close, against what happened (METHOD B6, calibration).
-- Grain: source (comparison | crm | stage_default | "" = nothing was predicted) x percent (whole per cent of the
-- prediction, -1 for "") x is_both (the comparison predicted it too), with sums: of predictions, of squared errors, the
-- two of Spiegelhalter's test, and where both predicted of the differences of the squared errors and their squares.
-- Reads: opportunity_state, opportunity_week.
WITH {standing}, {closed}, {asked_before}, {predicted},
long AS (
    SELECT y, comparison, comparison IS NOT NULL AS is_both,
        unnest(['comparison', 'crm', 'stage_default', '']) AS source,
        unnest([comparison, crm, stage_default,
                CASE WHEN comparison IS NULL AND crm IS NULL AND stage_default IS NULL THEN 0 END]) AS p
    FROM predicted
)
SELECT source, CASE WHEN source = '' THEN -1 ELSE least(floor(round(p * 100, 6)), 99) END::BIGINT AS percent, is_both,
    count(*) AS n, sum(y)::BIGINT AS won, sum(p) AS p_sum, sum((p - y) ** 2) AS error_sum,
    sum((y - p) * (1 - 2 * p)) AS tilt_sum, sum((1 - 2 * p) ** 2 * p * (1 - p)) AS tilt_variance,
    sum((p - y) ** 2 - (comparison - y) ** 2) AS difference_sum,
    sum(((p - y) ** 2 - (comparison - y) ** 2) ** 2) AS difference_squares
FROM long
WHERE p IS NOT NULL
GROUP BY ALL
