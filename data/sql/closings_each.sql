-- Won and lost opportunities closed in the period, per week or month of closing, for each of several groupings at once.
-- Grain: dimension ("" = all together) x value x period (its first day).  $unit: week | month.  Reads: opportunity_state.
WITH {standing},
{closed},
dated AS (SELECT *, date_trunc($unit, closed_on)::DATE AS period FROM closed WHERE closed_on IS NOT NULL)
SELECT
    {which} period,
    count(*) FILTER (status = 'won') AS won,
    count(*) FILTER (status = 'lost') AS lost
FROM dated
GROUP BY GROUPING SETS ({sets})
