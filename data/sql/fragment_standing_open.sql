-- The state of every opportunity that was open, paused or put off on $as_of: one row each.  Only what is closed has a
-- closed_on, and the rows of those lie together: said where the table is read, it spares reading them.
standing AS (
    SELECT *
    FROM opportunity_state
    WHERE {where} AND status IN ('open', 'paused', 'future') AND closed_on IS NULL
        AND valid_from <= $as_of AND (valid_to IS NULL OR valid_to > $as_of)
)
