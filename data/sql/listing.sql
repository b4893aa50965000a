-- What is known on $as_of of the opportunities in {behind}: the drill-down list, largest amount first.
-- Grain: opportunity.  Reads: opportunity_state.  Gone ones have no state: only their id is known.
-- Who may see an opportunity no more is shown it as it was last seen: left_on = the first day that is not shown.
WITH picked AS MATERIALIZED (SELECT *, key_of(opportunity_id) AS opportunity_key FROM ({behind})),
today AS (
    SELECT *, ({scope}) AS is_mine FROM opportunity_state WHERE valid_from <= $as_of AND (valid_to IS NULL OR valid_to > $as_of)
), handed_on AS (
    SELECT picked.opportunity_key FROM picked JOIN today USING (opportunity_key) WHERE NOT is_mine
), known AS (
    SELECT * EXCLUDE (is_mine), NULL::DATE AS left_on, $as_of AS seen_on FROM today WHERE is_mine
    UNION ALL BY NAME
    SELECT *, valid_to AS left_on, valid_to - 1 AS seen_on FROM opportunity_state SEMI JOIN handed_on USING (opportunity_key)
    WHERE ({scope}) AND valid_from <= $as_of
    QUALIFY row_number() OVER (PARTITION BY opportunity_key ORDER BY valid_from DESC) = 1
)
SELECT
    picked.opportunity_id, account_id, segment, owner_id, team, pipeline, stage, status, amount_base,
    coalesce(picked.days, CASE WHEN status IN ('open', 'paused', 'future') THEN seen_on - stage_entered_on END)::BIGINT
        AS days_in_stage,
    created_on, expected_close_on, closed_on, left_on, (SELECT count(*) FROM picked) AS total
FROM picked
LEFT JOIN known ON known.opportunity_key = picked.opportunity_key
ORDER BY {order} amount_base DESC NULLS LAST, picked.opportunity_id
LIMIT $limit
