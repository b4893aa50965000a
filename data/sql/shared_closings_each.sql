-- All closings as they stood on $as_of, counted as closings_each.sql does and by segment: whole weeks, months or quarters of
-- them, for all segments or some, are a sum over this.  Grain: dimension x value x period x segment.
-- Reads: opportunity_state.
WITH {standing},
dated AS (
    SELECT *, segment AS of_segment, {closing_unit} AS period FROM standing WHERE closed_on IS NOT NULL AND status IN ('won', 'lost')
), counted AS (
    SELECT {which} period, of_segment, count(*) FILTER (status = 'won') AS won, count(*) FILTER (status = 'lost') AS lost
    FROM dated
    GROUP BY of_segment, GROUPING SETS ({sets})
)
SELECT * EXCLUDE (of_segment) REPLACE ({unit_day} AS period), of_segment AS segment FROM counted
