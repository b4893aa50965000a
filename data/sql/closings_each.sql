-- Won and lost opportunities closed in the period, per week, month or quarter of closing, for each of several groupings at
-- once.  Grain: dimension ("" = all together) x value x period (its first day).  $unit: week | month | quarter; $shift: how many
-- months after those of the calendar quarters begin.  Reads: opportunity_state.
WITH {standing},
{closed},
dated AS (SELECT *, {closing_unit} AS period FROM closed WHERE closed_on IS NOT NULL AND status IN ('won', 'lost')),
counted AS (
    SELECT {which} period, count(*) FILTER (status = 'won') AS won, count(*) FILTER (status = 'lost') AS lost
    FROM dated
    GROUP BY GROUPING SETS ({sets})
)
SELECT * REPLACE ({unit_day} AS period) FROM counted
