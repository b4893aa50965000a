-- From which day on closings are all there: closings of long-lived opportunities are missing as long as the store does
-- not reach back further than they live.  One row: first_closed_on, created_from (day before which only stray 1 % of the
-- closed ones were created), usual_days (nine of ten are closed within so many days); knows_due: is there any expected
-- close by which an open one could be overdue.  Reads: opportunity_state.
WITH {standing}
SELECT
    min(closed_on) FILTER (status IN ('won', 'lost')) AS first_closed_on,
    quantile_disc(created_on, 0.01) FILTER (status IN ('won', 'lost')) AS created_from,
    quantile_disc((closed_on - created_on)::BIGINT, 0.9) FILTER (status IN ('won', 'lost')) AS usual_days,
    coalesce(bool_or(expected_close_on IS NOT NULL), false) AS knows_due
FROM standing
