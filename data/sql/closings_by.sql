-- Opportunities closed in the period, per week or month of closing (METHOD B7).  $unit: week | month
-- Grain: period (its first day) x groups.  Reads: opportunity_state.
WITH {standing},
{closed}
SELECT
    {dims} date_trunc($unit, closed_on)::DATE AS period,
    count(*) FILTER (status = 'won') AS won,
    count(*) FILTER (status = 'lost') AS lost,
    count(*) FILTER (status = 'no_decision') AS no_decision,
    sum(amount_base) FILTER (status = 'won') AS won_amount,
    sum(amount_base) FILTER (status = 'lost') AS lost_amount,
    sum(amount_base * amount_base::DOUBLE) FILTER (status = 'won') AS won_amount_square,
    sum(amount_base * amount_base::DOUBLE) FILTER (status = 'lost') AS lost_amount_square
FROM closed
WHERE closed_on IS NOT NULL
GROUP BY {groups} period
