-- Opportunities closed in the period, per week or month of closing (METHOD B7).  $unit: week | month
-- Grain: period (its first day) x groups.  Reads: opportunity_state.
-- Counted per outcome first: half as dear as seven sums each with its own condition over all rows.
WITH {standing},
{closed},
counted AS (
    SELECT {dims} date_trunc($unit, closed_on)::DATE AS period, status, count(*) AS n, sum(amount_base) AS amount,
        sum(amount_base * amount_base::DOUBLE) AS amount_square
    FROM closed
    WHERE closed_on IS NOT NULL
    GROUP BY {groups} period, status
)
SELECT
    {dims} period,
    coalesce(sum(n) FILTER (status = 'won'), 0)::BIGINT AS won,
    coalesce(sum(n) FILTER (status = 'lost'), 0)::BIGINT AS lost,
    coalesce(sum(n) FILTER (status = 'no_decision'), 0)::BIGINT AS no_decision,
    sum(amount) FILTER (status = 'won') AS won_amount,
    sum(amount) FILTER (status = 'lost') AS lost_amount,
    sum(amount_square) FILTER (status = 'won') AS won_amount_square,
    sum(amount_square) FILTER (status = 'lost') AS lost_amount_square
FROM counted
GROUP BY {groups} period
