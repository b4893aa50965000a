-- Opportunities that vanished from the exports while open, within the period, and have not come back by $as_of. They are few: who came
-- back is looked up for them alone.
left_out AS MATERIALIZED (
    SELECT opportunity_key, opportunity_id, pipeline, segment, amount_base, exited_on
    FROM stage_visit
    WHERE {where} AND exit_kind = 'deleted' AND exited_on BETWEEN $start AND $until
),
come_back AS MATERIALIZED (
    SELECT opportunity_key FROM opportunity_state
    WHERE valid_from <= $as_of AND (valid_to IS NULL OR valid_to > $as_of)
        AND opportunity_key IN (SELECT opportunity_key FROM left_out)
),
gone AS (SELECT * FROM left_out WHERE opportunity_key NOT IN (SELECT opportunity_key FROM come_back))
