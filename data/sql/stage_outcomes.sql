-- Won and lost opportunities closed in the period, by the furthest open stage they had come to (METHOD B7).
-- Grain: pipeline x highest_order (0: no stage is known) x groups.  Reads: opportunity_state.
WITH {standing},
{closed}
SELECT
    {dims} pipeline, coalesce(highest_order, 0) AS highest_order,
    count(*) FILTER (status = 'won') AS won,
    count(*) FILTER (status = 'lost') AS lost
FROM closed
WHERE status IN ('won', 'lost')
GROUP BY {groups} pipeline, coalesce(highest_order, 0)
