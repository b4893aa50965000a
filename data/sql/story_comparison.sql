-- What the comparison with the rivals said of one opportunity, week by week up to $as_of.  Grain: week.
-- Reads: opportunity_week.
SELECT * FROM opportunity_week WHERE opportunity_id = $opportunity_id AND as_of_on <= $as_of ORDER BY week
