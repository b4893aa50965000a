-- What is filled in for the open opportunities on $as_of (shared_filled.sql).  Grain: groups x pipeline x stage.
-- <group>_full and <group>_half of n.
SELECT {dims} pipeline, stage, any_value(stage_order) AS stage_order, count(*) AS n,
    any_value(close_date_kept) AS close_date_kept, any_value(amount_kept) AS amount_kept,
    count(*) FILTER (is_full_amount) AS amount_full, 0 AS amount_half,
    count(*) FILTER (is_full_close_date) AS close_date_full, 0 AS close_date_half,
    count(*) FILTER (is_full_organisation) AS organisation_full, 0 AS organisation_half,
    count(*) FILTER (is_full_key_people) AS key_people_full, count(*) FILTER (is_half_key_people) AS key_people_half,
    count(*) FILTER (is_full_rivals) AS rivals_full, count(*) FILTER (is_half_rivals) AS rivals_half,
    count(*) FILTER (is_full_conditions) AS conditions_full, 0 AS conditions_half,
    count(*) FILTER (is_full_chain) AS chain_full, count(*) FILTER (is_half_chain) AS chain_half,
    count(*) FILTER (is_full_questionnaire) AS questionnaire_full, 0 AS questionnaire_half,
    count(*) FILTER (is_full_assessment) AS assessment_full, count(*) FILTER (is_half_assessment) AS assessment_half
FROM {shared_filled} WHERE {where}
GROUP BY {groups} pipeline, stage
