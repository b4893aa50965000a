-- The state in which every opportunity stood on $as_of: one row each.
standing AS (
    SELECT *
    FROM opportunity_state
    WHERE {where} AND valid_from <= $as_of AND (valid_to IS NULL OR valid_to > $as_of)
)
