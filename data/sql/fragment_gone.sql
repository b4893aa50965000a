-- Opportunities that vanished from the exports while open, within the period, and have not come back by $as_of.
gone AS (
    SELECT opportunity_id, pipeline, segment, amount_base, exited_on
    FROM stage_visit
    WHERE {where} AND exit_kind = 'deleted' AND exited_on BETWEEN $start AND $until
        AND opportunity_id NOT IN (SELECT opportunity_id FROM opportunity_state
            WHERE valid_from <= $as_of AND (valid_to IS NULL OR valid_to > $as_of))
)
