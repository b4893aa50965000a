-- Moves between stages in the period: for the shares of moves that go back or jump (DOMAIN B12).
-- Grain: pipeline x stage left x groups.  Reads: stage_visit.
WITH moved AS (
    SELECT *, date_trunc('month', exited_on)::DATE AS month
    FROM stage_visit
    WHERE {where} AND stage_kind NOT IN ('won', 'lost', 'no_decision', 'void')
        AND exited_on BETWEEN $start AND $until AND exit_kind NOT IN ('deleted', 'reopened')
)
SELECT
    {dims} pipeline, stage, any_value(stage_order) AS stage_order, count(*) AS n,
    count(*) FILTER (exit_kind = 'regress') AS regress,
    count(*) FILTER (exit_kind = 'skip') AS skip
FROM moved
GROUP BY {groups} pipeline, stage
