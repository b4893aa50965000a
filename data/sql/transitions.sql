-- Moves between stages in the period: for the shares of moves that go back or jump (METHOD B12).
-- Grain: pipeline x stage left x groups.  Reads: stage_visit.
WITH {moves}
SELECT
    {dims} pipeline, stage, any_value(stage_order) AS stage_order, count(*) AS n,
    count(*) FILTER (exit_kind = 'regress') AS regress,
    count(*) FILTER (exit_kind = 'skip') AS skip
FROM moved
GROUP BY {groups} pipeline, stage
