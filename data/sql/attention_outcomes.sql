-- What became of opportunities closed in the period, by whether nothing valid happened on them, at least once, for as long
-- as warns (METHOD B15, outcome check).  Grain: pipeline x segment x is_warned.  Only those whose whole life is covered by
-- recorded activities.  Reads: opportunity_state, stage_visit and the canonical table activity.
WITH {standing}, {closed},
ended AS (
    SELECT opportunity_key, opportunity_id, pipeline, segment, status, created_on, closed_on,
        CASE WHEN list_contains($segments, segment::VARCHAR) THEN segment::VARCHAR ELSE '' END AS limit_segment
    FROM closed
    WHERE status IN ('won', 'lost') AND closed_on BETWEEN $start AND $until AND created_on >= $activities_from
), happened AS (
    SELECT opportunity_id, created_on AS day FROM ended
    UNION ALL SELECT opportunity_id, closed_on FROM ended
    UNION ALL SELECT e.opportunity_id, v.exited_on FROM stage_visit v JOIN ended e USING (opportunity_key)
        WHERE v.exited_on <= e.closed_on AND v.exit_kind IN ('advance', 'skip')
    UNION ALL SELECT e.opportunity_id, timezone($zone, a.occurred_at)::DATE FROM activity a JOIN ended e USING (opportunity_id)
        WHERE coalesce(a.is_valid, true) AND timezone($zone, a.occurred_at)::DATE BETWEEN e.created_on AND e.closed_on
), silence AS (
    SELECT opportunity_id, max(day - before) AS longest
    FROM (SELECT opportunity_id, day, lag(day) OVER (PARTITION BY opportunity_id ORDER BY day) AS before FROM happened)
    GROUP BY opportunity_id
), pace AS (SELECT unnest($pace_segments) AS limit_segment, unnest($pace_warns) AS warn_days)
SELECT pipeline, segment, coalesce(longest >= warn_days, false) AS is_warned, count(*) AS n,
    count(*) FILTER (status = 'won') AS won
FROM ended JOIN silence USING (opportunity_id) LEFT JOIN pace USING (limit_segment)
GROUP BY pipeline, segment, is_warned
