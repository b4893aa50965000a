-- Days from creation to closing of the opportunities closed in the period (METHOD B13, T4).
-- Where nobody knows when it was closed (the first export shows it closed, with no date that can be true) days is -1.
-- Grain: groups x outcome x days.  Reads: opportunity_state, stage_visit.
WITH {standing},
undated AS (
    SELECT opportunity_key FROM stage_visit
    WHERE NOT is_entry_known AND stage_kind IN ('won', 'lost', 'no_decision') AND coalesce(exited_on > $as_of, true)
),
closed AS (
    SELECT * REPLACE (last_open_stage AS stage), date_trunc('month', closed_on)::DATE AS month,
        created_on AS entered_on, closed_on AS seen_until, NULL::DATE AS exited_on, 0 AS paused_days,
        NULL::STRUCT("start" DATE, "end" DATE)[] AS pauses
    FROM standing
    WHERE status IN ('won', 'lost', 'no_decision') AND closed_on BETWEEN $start AND $until
)
SELECT {dims} status::VARCHAR AS outcome,
    (CASE WHEN opportunity_key IN (FROM undated) THEN -1 ELSE {days} END)::INTEGER AS days, count(*) AS n
FROM closed
GROUP BY {groups} outcome, days
