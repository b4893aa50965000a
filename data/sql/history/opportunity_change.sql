-- One changed field of one opportunity, known to lie in (changed_lo, changed_on].
-- Grain out: opportunity, changed_on, field. In: spell, said, story_opportunity_state, point, snapshot_day.
-- Amount, expected close, owner and segment change between two snapshots; stage and status in event time;
-- existence ('present', 'absent') as the snapshots show it, whatever the stage. said_no as in stage_visit.sql.
WITH pair AS (
    SELECT s.opportunity_id, s.said_no, s.seen_before, s.seen_from,
           o.amount AS old_amount, n.amount, o.expected_close_on AS old_expected, n.expected_close_on,
           o.owner_id AS old_owner, n.owner_id, o.segment AS old_segment, n.segment
    FROM spell s JOIN said o ON o.said_no = s.previous_no JOIN said n ON n.said_no = s.said_no
    WHERE o.amount IS DISTINCT FROM n.amount OR o.expected_close_on IS DISTINCT FROM n.expected_close_on
       OR o.owner_id IS DISTINCT FROM n.owner_id OR o.segment IS DISTINCT FROM n.segment
), state_pair AS (
    SELECT opportunity_id, valid_from, said_no, stage, status, lag(stage) OVER w AS old_stage, lag(status) OVER w AS old_status
    FROM (SELECT opportunity_id, valid_from, said_no, stage, status FROM story_opportunity_state)
    WINDOW w AS (PARTITION BY opportunity_id ORDER BY valid_from)
), entry AS (
    SELECT opportunity_id, day, arg_max(coalesce(lo, DATE '0001-01-01'), point_no) AS lo FROM point GROUP BY ALL
), moved AS (
    SELECT s.*, CASE WHEN e.day IS NULL THEN coalesce(b.before, s.valid_from) ELSE nullif(e.lo, DATE '0001-01-01') END AS lo
    FROM (FROM state_pair WHERE old_status <> status OR (old_stage <> stage AND old_stage <> '(unknown)')) s
    LEFT JOIN entry e ON e.opportunity_id = s.opportunity_id AND e.day = s.valid_from
    LEFT JOIN snapshot_day b ON b.day = s.valid_from
)
SELECT opportunity_id, 'amount' AS field, old_amount::VARCHAR AS old_value, amount::VARCHAR AS new_value,
       seen_before AS changed_lo, seen_from AS changed_on, said_no
FROM pair WHERE old_amount IS DISTINCT FROM amount
UNION ALL
SELECT opportunity_id, 'expected_close_on', old_expected::VARCHAR, expected_close_on::VARCHAR, seen_before, seen_from, said_no
FROM pair WHERE old_expected IS DISTINCT FROM expected_close_on
UNION ALL
SELECT opportunity_id, 'owner_id', old_owner, owner_id, seen_before, seen_from, said_no
FROM pair WHERE old_owner IS DISTINCT FROM owner_id
UNION ALL
SELECT opportunity_id, 'segment', old_segment, segment, seen_before, seen_from, said_no
FROM pair WHERE old_segment IS DISTINCT FROM segment
UNION ALL
SELECT opportunity_id, 'existence', 'absent', 'present', seen_before, seen_from, said_no
FROM spell WHERE seen_before IS NOT NULL AND last_until IS DISTINCT FROM seen_from
UNION ALL
SELECT opportunity_id, 'existence', 'present', 'absent', b.before, seen_until, said_no
FROM spell JOIN snapshot_day b ON b.day = seen_until WHERE next_from IS DISTINCT FROM seen_until
UNION ALL
SELECT opportunity_id, 'stage', old_stage::VARCHAR, stage::VARCHAR, lo, valid_from, said_no
FROM moved WHERE old_stage <> stage AND old_stage <> '(unknown)'
UNION ALL
SELECT opportunity_id, 'status', old_status::VARCHAR, status::VARCHAR, lo, valid_from, said_no
FROM moved WHERE old_status <> status
