-- Days from creation to closing of the opportunities closed in the period (METHOD B13, T4).
-- Grain: groups x outcome x days.  Reads: opportunity_state.
WITH {standing},
closed AS (
    SELECT * REPLACE (last_open_stage AS stage), date_trunc('month', closed_on)::DATE AS month,
        created_on AS entered_on, closed_on AS seen_until, NULL::DATE AS exited_on, 0 AS paused_days,
        NULL::STRUCT("start" DATE, "end" DATE)[] AS pauses
    FROM standing
    WHERE status IN ('won', 'lost', 'no_decision') AND closed_on BETWEEN $start AND $until
)
SELECT {dims} status::VARCHAR AS outcome, ({days})::INTEGER AS days, count(*) AS n
FROM closed
GROUP BY {groups} outcome, days
