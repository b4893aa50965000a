-- What became of opportunities closed in the period that were still open $landmark times the days of a warning after they
-- were created, by whether nothing valid had happened on them for as long as warns by then (METHOD B15, outcome check).
-- One day for both kinds: else long ones, which have more time to fall silent, would be held against short ones.
-- Grain: pipeline x segment x is_warned.  Only those whose life is covered by recorded activities.
-- Reads: opportunity_state, stage_visit and the canonical table activity.
WITH {standing}, {closed},
pace AS (SELECT unnest($pace_segments) AS limit_segment, unnest($pace_warns) AS warn_days),
ended AS (
    SELECT opportunity_key, opportunity_id, pipeline, segment, status, created_on, warn_days,
        created_on + ($landmark * warn_days)::INTEGER AS judged_on
    FROM closed JOIN pace
        ON limit_segment = CASE WHEN list_contains($pace_segments, segment::VARCHAR) THEN segment::VARCHAR ELSE '' END
    WHERE status IN ('won', 'lost') AND closed_on BETWEEN $start AND $until AND created_on >= $activities_from
        AND closed_on > created_on + ($landmark * warn_days)::INTEGER
), happened AS (
    SELECT opportunity_key, created_on AS day FROM ended
    UNION ALL SELECT opportunity_key, judged_on FROM ended
    UNION ALL SELECT e.opportunity_key, v.exited_on FROM stage_visit v JOIN ended e USING (opportunity_key)
        WHERE v.exited_on <= judged_on AND v.exit_kind IN ('advance', 'skip')
    UNION ALL SELECT e.opportunity_key, timezone($zone, a.occurred_at)::DATE FROM activity a JOIN ended e USING (opportunity_id)
        WHERE coalesce(a.is_valid, true) AND timezone($zone, a.occurred_at)::DATE BETWEEN created_on AND judged_on
), silence AS (
    SELECT opportunity_key, max(day - before) AS longest
    FROM (SELECT opportunity_key, day, lag(day) OVER (PARTITION BY opportunity_key ORDER BY day) AS before FROM happened)
    GROUP BY opportunity_key
)
SELECT pipeline, segment, longest >= warn_days AS is_warned, count(*) AS n, count(*) FILTER (status = 'won') AS won
FROM ended JOIN silence USING (opportunity_key)
WHERE segment IS NOT NULL
GROUP BY pipeline, segment, is_warned
ORDER BY ALL
