-- Open pipeline on $as_of. Paused opportunities are in it, those put off until a later day are not.
-- Grain: pipeline x stage x groups.  The month is that of the expected close.  Reads: opportunity_state.
WITH {standing},
stock AS (
    SELECT *, date_trunc('month', expected_close_on)::DATE AS month,
        status IN ('open', 'paused') OR (status = 'future' AND coalesce(wake_on <= $as_of, false)) AS is_in
    FROM standing
    WHERE status IN ('open', 'paused', 'future')
)
SELECT
    {dims} pipeline, stage, any_value(stage_order) AS stage_order,
    count(*) FILTER (is_in) AS n,
    sum(amount_base) FILTER (is_in) AS amount,
    count(*) FILTER (is_in AND amount_base IS NULL) AS amount_missing,
    count(*) FILTER (is_in AND status = 'paused') AS paused,
    count(*) FILTER (is_in AND expected_close_on < $as_of) AS overdue,
    count(*) FILTER (NOT is_in) AS future
FROM stock
GROUP BY {groups} pipeline, stage
