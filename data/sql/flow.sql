-- The way of the opportunities that entered the pipeline in the period, up to $as_of: every visit has one way in
-- and one way out, so that at each open stage arrivals = departures + still there.
-- Grain: pipeline x stage x way out x whether it is the first visit.  Reads: stage_visit.
-- Amount: at entry of the stage that is left.  Visits to closing stages that go on are no link.
-- Rows are tallied by the number of their pattern (data/filling.py) first, and what it stands for is looked up then.
WITH {flow},
tally AS (
    SELECT pattern, CASE WHEN exited_on <= $as_of THEN 1::UTINYINT ELSE 0::UTINYINT END AS has_left,
        CASE WHEN visit_no = 1 THEN 1::UTINYINT ELSE 0::UTINYINT END AS begins, count(*) AS rows, sum(amount_base) AS amount_base
    FROM visit
    GROUP BY pattern, has_left, begins
),
link AS (
    SELECT pipeline, stage, begins = 1 AS is_first, stage_kind IN ('won', 'lost', 'no_decision', 'void') AS is_closing,
        CASE WHEN has_left = 1 THEN exit_kind END AS exit_kind,
        CASE WHEN has_left = 1 AND exit_kind <> 'deleted' THEN next_stage END AS next_stage, rows, amount_base
    FROM tally JOIN visit_pattern USING (pattern)
)
SELECT pipeline, stage AS from_stage, next_stage AS to_stage, exit_kind, is_first, is_closing,
    sum(rows)::BIGINT AS n, sum(amount_base) AS amount
FROM link
GROUP BY pipeline, stage, next_stage, exit_kind, is_first, is_closing
