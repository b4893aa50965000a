-- One changed field of one opportunity, known to lie in (changed_lo, changed_on].
-- Grain out: opportunity, changed_on, field. In: spell, opportunity_state, point, snapshot_day, dim_spell.
-- Amount, expected close, owner and segment change between two snapshots; stage and status in event time;
-- existence ('present', 'absent') as the snapshots show it, whatever the stage.
WITH row_pair AS (
    SELECT opportunity_id, seen_from, seen_before, seen_until,
           lead(seen_from) OVER w AS next_from,
           lag(seen_until) OVER w AS last_until, seen_from = min(seen_from) OVER (PARTITION BY opportunity_id) AS is_first,
           unnest(['amount', 'expected_close_on', 'owner_id', 'segment']) AS field,
           unnest([amount::VARCHAR, expected_close_on::VARCHAR, owner_id, segment]) AS new_value,
           unnest([lag(amount) OVER w::VARCHAR, lag(expected_close_on) OVER w::VARCHAR,
                   lag(owner_id) OVER w, lag(segment) OVER w]) AS old_value
    FROM spell WINDOW w AS (PARTITION BY opportunity_id ORDER BY seen_from)
), state_pair AS (
    SELECT opportunity_id, valid_from, stage_entered_on,
           unnest(['stage', 'status']) AS field, unnest([stage, status]) AS new_value,
           unnest([lag(stage) OVER w, lag(status) OVER w]) AS old_value,
           lag(valid_from) OVER w IS NULL AS is_first
    FROM opportunity_state WINDOW w AS (PARTITION BY opportunity_id ORDER BY valid_from)
), entry AS (
    SELECT opportunity_id, day, arg_max(lo, point_no) AS lo FROM point GROUP BY ALL
), change AS (
    SELECT opportunity_id, field, old_value, new_value, seen_before AS changed_lo, seen_from AS changed_on
    FROM row_pair WHERE NOT is_first AND old_value IS DISTINCT FROM new_value
    UNION ALL
    SELECT s.opportunity_id, field, old_value, new_value, CASE WHEN e.day IS NULL THEN coalesce(d.before, s.valid_from) ELSE e.lo END, s.valid_from
    FROM state_pair s LEFT JOIN entry e ON e.opportunity_id = s.opportunity_id AND e.day = s.valid_from
    LEFT JOIN snapshot_day d ON d.day = s.valid_from
    WHERE NOT is_first AND old_value IS DISTINCT FROM new_value AND old_value <> '(unknown)'
    UNION ALL
    SELECT opportunity_id, 'existence', 'absent', 'present', seen_before, seen_from
    FROM row_pair WHERE field = 'amount' AND seen_before IS NOT NULL AND last_until IS DISTINCT FROM seen_from
    UNION ALL
    SELECT opportunity_id, 'existence', 'present', 'absent', d.before, seen_until
    FROM row_pair JOIN snapshot_day d ON d.day = seen_until
    WHERE field = 'amount' AND next_from IS DISTINCT FROM seen_until
)
SELECT c.opportunity_id, c.field, c.old_value, c.new_value, c.changed_lo, c.changed_on, {dimensions}
FROM change c ASOF LEFT JOIN dim_spell d ON d.opportunity_id = c.opportunity_id AND c.changed_on >= d.from_day
