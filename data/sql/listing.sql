-- What is known on $as_of of the opportunities in {behind}: the drill-down list, largest amount first.
-- Grain: opportunity.  Reads: opportunity_state.  Gone ones have no state: only their id is known.
WITH picked AS ({behind})
SELECT
    picked.opportunity_id, account_id, segment, owner_id, team, pipeline, stage, status, amount_base,
    coalesce(picked.days, CASE WHEN status IN ('open', 'paused', 'future') THEN $as_of - stage_entered_on END)::BIGINT
        AS days_in_stage,
    created_on, expected_close_on, closed_on, count(*) OVER () AS total
FROM picked
LEFT JOIN opportunity_state AS standing ON standing.opportunity_id = picked.opportunity_id
    AND standing.valid_from <= $as_of AND (standing.valid_to IS NULL OR standing.valid_to > $as_of)
ORDER BY {order} amount_base DESC NULLS LAST, picked.opportunity_id
LIMIT $limit
