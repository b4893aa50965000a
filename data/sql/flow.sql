-- The way of the opportunities that entered the pipeline in the period, up to $as_of: every visit has one way in
-- and one way out, so that at each open stage arrivals = departures + still there.
-- Grain: pipeline x from x to x exit kind.  Reads: stage_visit.  Amount: at entry of the stage that is left.
WITH {flow}
SELECT pipeline, NULL AS from_stage, stage AS to_stage, 'entry' AS exit_kind, count(*) AS n, sum(amount_base) AS amount
FROM visit
WHERE visit_no = 1
GROUP BY ALL
UNION ALL
SELECT pipeline, stage, CASE WHEN is_left AND exit_kind <> 'deleted' THEN next_stage END,
    CASE WHEN is_left THEN exit_kind::VARCHAR ELSE 'open' END, count(*), sum(amount_base)
FROM visit
WHERE is_left OR NOT is_closing
GROUP BY ALL
