-- The way of the opportunities that entered the pipeline in the period, up to $as_of: every visit has one way in
-- and one way out, so that at each open stage arrivals = departures + still there.
-- Grain: pipeline x stage x way out x whether it is the first visit.  Reads: stage_visit.
-- Amount: at entry of the stage that is left.  Visits to closing stages that go on are no link.
WITH {flow},
link AS (
    SELECT pipeline, stage, visit_no = 1 AS is_first, is_closing, amount_base,
        CASE WHEN is_left THEN exit_kind END AS exit_kind,
        CASE WHEN is_left AND exit_kind <> 'deleted' THEN next_stage END AS next_stage
    FROM visit
)
SELECT pipeline, stage AS from_stage, next_stage AS to_stage, exit_kind, is_first, is_closing,
    count(*) AS n, sum(amount_base) AS amount
FROM link
GROUP BY pipeline, stage, next_stage, exit_kind, is_first, is_closing
