-- What is filled in for each open opportunity on $as_of (METHOD B17): one row per opportunity.
-- is_full_<group> and is_half_<group>: half = only partly known, carried over from an earlier week, or "unknown" on purpose;
-- placeholders ($placeholders) count as nothing.  Reads: opportunity_state, account_week, opportunity_week, the canonical tables
-- checklist and opportunity_contact.
WITH {standing_open}, {stock},
account_is AS (
    SELECT account_id, has_org_map, n_key, n_unknown_status
    FROM account_week
    WHERE week = (SELECT max(week) FROM account_week WHERE as_of_on <= $as_of)
),
week_is AS (
    SELECT opportunity_key, rival_count, is_stale
    FROM opportunity_week
    WHERE week = (SELECT max(week) FROM opportunity_week WHERE as_of_on <= $as_of)
),
listed AS (
    SELECT opportunity_id, bool_or(kind = 'necessary_condition') AS has_conditions, bool_or(kind = 'questionnaire') AS has_answers
    FROM checklist
    WHERE assessed_on <= $as_of AND value IS NOT NULL AND opportunity_id IN (SELECT opportunity_id FROM stock)
    GROUP BY opportunity_id
),
chain AS (
    SELECT opportunity_id, bool_or(decision_role IS NOT NULL AND status IS NOT NULL) AS is_told
    FROM opportunity_contact
    WHERE snapshot_date = (SELECT max(day) FROM export_day WHERE source = 'opportunity_contact' AND day <= $as_of)
    GROUP BY opportunity_id
),
told AS (
    SELECT stock.*, lower(trim(main_competitor::VARCHAR)) AS rival, account_is.* EXCLUDE (account_id),
        week_is.* EXCLUDE (opportunity_key), has_conditions, has_answers, is_told
    FROM stock
    LEFT JOIN account_is ON account_is.account_id = stock.account_id
    LEFT JOIN week_is ON week_is.opportunity_key = stock.opportunity_key
    LEFT JOIN listed ON listed.opportunity_id = stock.opportunity_id
    LEFT JOIN chain ON chain.opportunity_id = stock.opportunity_id
    WHERE is_in
)
SELECT pipeline, segment, ownership, industry, region, team, owner_id, type, sales_mode, product_line, lead_source, grade,
    main_competitor, account_id, month, stage, stage_order,
    EXISTS (SELECT 1 FROM opportunity_state WHERE valid_from <= $as_of AND expected_close_on IS NOT NULL) AS close_date_kept,
    EXISTS (SELECT 1 FROM opportunity_state
            WHERE valid_from <= $as_of AND (valid_to IS NULL OR valid_to > $as_of) AND amount_base IS NOT NULL AND status IN ('open', 'paused', 'future')
                AND closed_on IS NULL) AS amount_kept,
    amount_base > 1 AS is_full_amount, expected_close_on < $as_of + 3650 AS is_full_close_date, has_org_map AS is_full_organisation,
    n_key > 0 AND n_unknown_status = 0 AS is_full_key_people, n_key > 0 AND n_unknown_status > 0 AS is_half_key_people,
    coalesce(rival_count, 0) > 0 OR (rival <> '' AND NOT list_contains($placeholders, rival)
        AND NOT list_contains($unknown_words, rival)) AS is_full_rivals,
    coalesce(rival_count, 0) = 0 AND coalesce(list_contains($unknown_words, rival), false) AS is_half_rivals,
    has_conditions AS is_full_conditions, is_told AS is_full_chain, NOT is_told AS is_half_chain, has_answers AS is_full_questionnaire,
    NOT is_stale AS is_full_assessment, is_stale AS is_half_assessment
FROM told
