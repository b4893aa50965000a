-- How many owners had anything open at the end of each of $days (METHOD B18).  Grain: groups x day.  Reads: opportunity_state.
WITH asked AS (SELECT unnest($days::DATE[]) AS day)
SELECT {dims} day, count(DISTINCT owner_id) AS sellers
FROM (
    SELECT *, date_trunc('month', day)::DATE AS month
    FROM opportunity_state, asked
    WHERE {where} AND valid_from <= day AND (valid_to IS NULL OR valid_to > day) AND status IN ('open', 'paused')
        AND closed_on IS NULL AND (valid_to IS NULL OR valid_to > list_min($days::DATE[]))
        AND owner_id IS NOT NULL
)
GROUP BY ALL
