-- Visits to open stages entered in the period, as they stood on $as_of.
-- outcome is NULL while the opportunity is still there; days is NULL where the calendar does not reach.
visit AS (
    SELECT *, date_trunc('month', entered_on)::DATE AS month,
        CASE WHEN exited_on <= $as_of THEN exit_kind END AS outcome,
        least(coalesce(exited_on, $as_of), $as_of) AS seen_until
    FROM stage_visit
    WHERE {where} AND stage_kind NOT IN ('won', 'lost', 'no_decision', 'void')
        AND entered_on BETWEEN $start AND $until
)
