-- All closings as they stood on $as_of, counted as closings_each.sql does and by segment and team: whole weeks, months or
-- quarters of them, for all segments and teams or some, are a sum over this.  Grain: dimension x value x period x segment x team.
-- Reads: opportunity_state.
WITH {standing},
dated AS (
    SELECT *, segment AS of_segment, team AS of_team, {closing_unit} AS period FROM standing
    WHERE closed_on IS NOT NULL AND status IN ('won', 'lost')
), counted AS (
    SELECT {which} period, of_segment, of_team, count(*) FILTER (status = 'won') AS won,
        count(*) FILTER (status = 'lost') AS lost
    FROM dated
    GROUP BY of_segment, of_team, GROUPING SETS ({sets})
)
SELECT * EXCLUDE (of_segment, of_team) REPLACE ({unit_day} AS period), of_segment AS segment, of_team AS team FROM counted
