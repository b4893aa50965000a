-- How some opportunities ($ids) stood on $as_of, for the ledger of a restatement.
-- Grain: opportunity.  Reads: opportunity_state.  Of one that has gone to others only that it is there: is_mine false.
WITH today AS (
    SELECT *, ({scope}) AS is_mine FROM opportunity_state
    WHERE valid_from <= $as_of AND (valid_to IS NULL OR valid_to > $as_of)
        AND opportunity_id IN (SELECT unnest($ids::VARCHAR[]))
)
SELECT * EXCLUDE (opportunity_key, valid_from, valid_to, amount) FROM today WHERE is_mine
UNION ALL BY NAME
SELECT opportunity_id, is_mine FROM today WHERE NOT is_mine
