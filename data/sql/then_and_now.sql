-- The largest opportunities that were open on $as_of, and what has become of them by $today: $largest per segment.
-- Grain: opportunity.  Reads: opportunity_state.  Without a state today: gone from the exports, or
-- from what the viewer may see.
WITH {standing}, {stock},
largest AS (
    SELECT *, row_number() OVER (PARTITION BY segment ORDER BY amount_base DESC NULLS LAST, opportunity_id) AS place,
        count(*) OVER (PARTITION BY segment) AS open_then,
        count(*) FILTER (amount_base IS NULL) OVER (PARTITION BY segment) AS amount_missing
    FROM stock WHERE is_in
),
now AS (
    SELECT * FROM opportunity_state
    WHERE {scope} AND valid_from <= $today AND (valid_to IS NULL OR valid_to > $today)
)
SELECT was.segment, was.opportunity_id, was.account_id, was.owner_id, was.pipeline, was.stage AS from_stage,
    now.stage AS to_stage, coalesce(now.status::VARCHAR, 'gone') AS status, was.amount_base AS amount_then,
    now.amount_base AS amount, was.expected_close_on AS expected_then, now.expected_close_on, now.closed_on,
    was.open_then, was.amount_missing
FROM largest AS was
LEFT JOIN now USING (opportunity_id)
WHERE was.place <= $largest
ORDER BY was.segment::VARCHAR, was.place
