-- Days spent per visit (METHOD B13, T3): the sufficient statistic of every survival curve of a stage.
-- Grain: pipeline x stage x groups x outcome x days.  Reads: stage_visit.
WITH {visit},
spent AS (SELECT *, {days} AS spent_days FROM visit)
SELECT
    {dims} pipeline, stage, any_value(stage_order) AS stage_order, outcome, spent_days::INTEGER AS days,
    is_entry_known, count(*) AS n, count(*) FILTER (entered_lo < entered_on) AS approximate
FROM spent
GROUP BY {groups} pipeline, stage, outcome, days, is_entry_known
