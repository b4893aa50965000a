-- One row per opportunity and stage reached in the period, with what had become of it on $as_of:
-- ended = lost | no_decision | void | deleted | future, NULL while it may still pass.
-- fate says it as a number, for whoever groups all rows (numbers of few values, the pattern of the row too, are not
-- hashed): 0 passed, 1 lost, 2 no_decision, 3 void, 4 deleted, 5 future, 6 won, 7 neither yet.
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
        CASE
            WHEN passed_on <= $as_of THEN 0::UTINYINT
            WHEN apart.kind IS NOT NULL THEN CASE apart.kind WHEN 'lost' THEN 1::UTINYINT WHEN 'no_decision' THEN 2::UTINYINT
                WHEN 'void' THEN 3::UTINYINT WHEN 'deleted' THEN 4::UTINYINT WHEN 'future' THEN 5::UTINYINT ELSE 6::UTINYINT END
            WHEN closed_on <= $as_of THEN CASE closed_kind WHEN 'lost' THEN 1::UTINYINT WHEN 'no_decision' THEN 2::UTINYINT
                WHEN 'void' THEN 3::UTINYINT ELSE 6::UTINYINT END
            ELSE 7::UTINYINT
        END AS fate,
        CASE WHEN apart.kind IS NOT NULL THEN apart.since ELSE closed_on END AS ended_on
    FROM stage_reach
    LEFT JOIN apart USING (opportunity_key)
    WHERE {where} AND reached_on BETWEEN $start AND $until
)
