-- One row per opportunity and stage reached in the period, with what had become of it on $as_of:
-- ended = lost | no_decision | void | deleted | future, NULL while it may still pass.
reached AS (
    SELECT
        stage_reach.*,
        date_trunc('month', reached_on)::DATE AS month,
        is_entry_known OR NOT $has_start AS is_counted,
        coalesce(passed_on <= $as_of, false) AS is_passed,
        CASE
            WHEN passed_on <= $as_of THEN NULL
            WHEN apart.kind IS NOT NULL THEN apart.kind
            WHEN closed_on <= $as_of THEN closed_kind::VARCHAR
        END AS ended,
        CASE WHEN apart.kind IS NOT NULL THEN apart.since ELSE closed_on END AS ended_on
    FROM stage_reach
    LEFT JOIN apart USING (opportunity_key)
    WHERE {where} AND reached_on BETWEEN $start AND $until
)
