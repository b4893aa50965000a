-- From which day on closings are all there: closings of long-lived opportunities are missing as long as the store does
-- not reach back further than they live.  One row: first_closed_on, created_from (day before which only stray 1 % of the
-- closed ones were created), usual_days (nine of ten are closed within so many days).  Reads: opportunity_state.
WITH {standing}
SELECT
    min(closed_on) AS first_closed_on,
    quantile_disc(created_on, 0.01) AS created_from,
    quantile_disc((closed_on - created_on)::BIGINT, 0.9) AS usual_days
FROM standing
WHERE status IN ('won', 'lost')
