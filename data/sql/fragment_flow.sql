-- All visits of the opportunities that entered the pipeline in the period, up to $as_of (no longer than they may be seen).
entered AS (
    SELECT opportunity_key
    FROM stage_visit
    WHERE {where} AND visit_no = 1 AND is_entry_known AND entered_on BETWEEN $start AND $until
),
visit AS (
    SELECT *, date_trunc('month', entered_on)::DATE AS month, coalesce(exited_on <= $as_of, false) AS is_left,
        stage_kind IN ('won', 'lost', 'no_decision', 'void') AS is_closing
    FROM stage_visit
    WHERE {scope} AND entered_on BETWEEN $start AND $as_of AND opportunity_key IN (SELECT opportunity_key FROM entered)
)
