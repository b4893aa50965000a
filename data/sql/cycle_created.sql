-- Days from creation to closing, or to $as_of while open, of the opportunities created in the period.
-- Grain: groups x outcome x days; outcome is NULL while open.  Reads: opportunity_state.
WITH {standing},
created AS (
    SELECT *, date_trunc('month', created_on)::DATE AS month,
        created_on AS entered_on, coalesce(closed_on, $as_of) AS seen_until,
        NULL::DATE AS exited_on, 0 AS paused_days,
        NULL::STRUCT("start" DATE, "end" DATE)[] AS pauses
    FROM standing
    WHERE created_on BETWEEN $start AND $until
)
SELECT
    {dims} CASE WHEN status IN ('won', 'lost', 'no_decision', 'void') THEN status::VARCHAR END AS outcome,
    ({days})::INTEGER AS days, count(*) AS n
FROM created
GROUP BY {groups} outcome, days
