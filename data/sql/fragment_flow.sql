-- All visits of the opportunities that entered the pipeline in the period, up to $as_of (no longer than they may be seen).
visit AS (
    SELECT *, date_trunc('month', entered_on)::DATE AS month, coalesce(exited_on <= $as_of, false) AS is_left,
        stage_kind IN ('won', 'lost', 'no_decision', 'void') AS is_closing
    FROM stage_visit
    WHERE {scope} AND entered_on BETWEEN $start AND $as_of AND begun_on BETWEEN $start AND $until AND {entered}
)
