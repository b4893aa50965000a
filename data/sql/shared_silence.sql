-- Opportunities closed in the period that were still open $landmark times the days of a warning after they were created, and
-- whether nothing valid had happened on them for as long as warns by then (METHOD B15, outcome check): one row per opportunity.
-- One day for both kinds: else long ones, which have more time to fall silent, would be held against short ones.
-- Only those whose life is covered by recorded activities.  Reads: opportunity_state, stage_visit, the canonical table activity.
WITH {standing}, {closed},
pace AS (SELECT unnest($pace_segments) AS limit_segment, unnest($pace_warns) AS warn_days),
ended AS (
    SELECT pipeline, segment, ownership, industry, region, team, owner_id, type, sales_mode, product_line, lead_source, grade,
        main_competitor, account_id, opportunity_key, opportunity_id, status, created_on, warn_days,
        ($landmark * warn_days)::INTEGER AS judged_after
    FROM closed JOIN pace
        ON limit_segment = CASE WHEN list_contains($pace_segments, segment::VARCHAR) THEN segment::VARCHAR ELSE '' END
    WHERE status IN ('won', 'lost') AND closed_on BETWEEN $start AND $until AND created_on >= $activities_from
        AND closed_on > created_on + ($landmark * warn_days)::INTEGER
), happened AS (  -- after how many days
    SELECT opportunity_key, v.exited_on - created_on AS after FROM stage_visit v JOIN ended USING (opportunity_key)
    WHERE v.exited_on - created_on BETWEEN 0 AND judged_after AND v.exit_kind IN ('advance', 'skip')
    UNION ALL
    SELECT opportunity_key, timezone($zone, a.occurred_at)::DATE - created_on FROM activity a JOIN ended USING (opportunity_id)
    WHERE coalesce(a.is_valid, true) AND timezone($zone, a.occurred_at)::DATE - created_on BETWEEN 0 AND judged_after
), silence AS (
    SELECT opportunity_key, max(after - before) AS longest, max(after) AS last_after
    FROM (SELECT opportunity_key, after, lag(after, 1, 0) OVER (PARTITION BY opportunity_key ORDER BY after) AS before FROM happened)
    GROUP BY opportunity_key
)
SELECT ended.* EXCLUDE (opportunity_key, opportunity_id, created_on, judged_after),
    greatest(coalesce(longest, 0), judged_after - coalesce(last_after, 0)) >= warn_days AS is_warned
FROM ended LEFT JOIN silence USING (opportunity_key)
