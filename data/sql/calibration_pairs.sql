-- The comparison with the rivals against the other predictions, on opportunities for which both predicted.
-- Grain: source, one row each.  difference = squared error of the source - squared error of the comparison.
WITH {standing}, {closed}, {asked_before}, {predicted},
long AS (
    SELECT y, comparison, unnest(['crm', 'stage_default']) AS source, unnest([crm, stage_default]) AS p FROM predicted
), paired AS (
    SELECT source, (p - y) ** 2 - (comparison - y) ** 2 AS difference FROM long
    WHERE p IS NOT NULL AND comparison IS NOT NULL
)
SELECT source, count(*) AS n, sum(difference) AS difference_sum, sum(difference ** 2) AS difference_squares
FROM paired
GROUP BY source
