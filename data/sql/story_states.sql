-- Amount, expected close and owner of one opportunity over time.  Grain: state.  Reads: opportunity_state.
SELECT valid_from, CASE WHEN valid_to <= $as_of THEN valid_to END AS valid_to, stage, status, amount_base, expected_close_on, owner_id
FROM opportunity_state
WHERE opportunity_id = $opportunity_id AND valid_from <= $as_of
ORDER BY valid_from
