-- The opportunities that existed on $as_of, as found.sql lists those that match words. Who is listed is told by what orders them:
-- only these are read whole.
-- Grain: opportunity.  Reads: opportunity_state.
WITH shown AS MATERIALIZED (
    SELECT row_no
    FROM (
        SELECT *, rowid AS row_no,
            CASE WHEN status IN ('open', 'paused', 'future') THEN $as_of - stage_entered_on END::BIGINT AS days_in_stage
        FROM opportunity_state WHERE {where} AND valid_from <= $as_of AND (valid_to IS NULL OR valid_to > $as_of))
    ORDER BY {order} amount_base DESC NULLS LAST, opportunity_id
    LIMIT $limit
),
counted AS (
    SELECT count(*) AS total FROM opportunity_state WHERE {where} AND valid_from <= $as_of AND (valid_to IS NULL OR valid_to > $as_of)
)
SELECT
    opportunity_id, account_id, segment, owner_id, team, pipeline, stage, status, amount_base,
    CASE WHEN status IN ('open', 'paused', 'future') THEN $as_of - stage_entered_on END::BIGINT AS days_in_stage,
    created_on, expected_close_on, closed_on, NULL::DATE AS left_on, (SELECT total FROM counted) AS total
FROM opportunity_state
WHERE rowid IN (SELECT row_no FROM shown)
ORDER BY {order} amount_base DESC NULLS LAST, opportunity_id
