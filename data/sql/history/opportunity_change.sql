-- One changed field of one opportunity, known to lie in (changed_lo, changed_on].
-- Grain out: opportunity, changed_on, field. In: spell, story_opportunity_state, point, snapshot_day.
-- Amount, expected close, owner and segment change between two snapshots; stage and status in event time;
-- existence ('present', 'absent') as the snapshots show it, whatever the stage. said_no as in stage_visit.sql.
WITH pair AS (
    SELECT *, seen_from > min(seen_from) OVER w AS is_later,
           lag(amount) OVER w AS old_amount, lag(expected_close_on) OVER w AS old_expected,
           lag(owner_id) OVER w AS old_owner, lag(segment) OVER w AS old_segment,
           lag(seen_until) OVER w AS last_until, lead(seen_from) OVER w AS next_from
    FROM spell WINDOW w AS (PARTITION BY opportunity_id ORDER BY seen_from)
), state_pair AS (
    SELECT opportunity_id, valid_from, said_no, stage, status, lag(stage) OVER w AS old_stage, lag(status) OVER w AS old_status
    FROM story_opportunity_state WINDOW w AS (PARTITION BY opportunity_id ORDER BY valid_from)
), entry AS (
    SELECT opportunity_id, day, arg_max(coalesce(lo, DATE '0001-01-01'), point_no) AS lo FROM point GROUP BY ALL
), moved AS (
    SELECT s.*, CASE WHEN e.day IS NULL THEN coalesce(b.before, s.valid_from) ELSE nullif(e.lo, DATE '0001-01-01') END AS lo
    FROM (FROM state_pair WHERE old_stage <> '(unknown)' AND (old_stage <> stage OR old_status <> status)
          UNION ALL FROM state_pair WHERE old_stage = '(unknown)' AND old_status <> status) s
    LEFT JOIN entry e ON e.opportunity_id = s.opportunity_id AND e.day = s.valid_from
    LEFT JOIN snapshot_day b ON b.day = s.valid_from
)
SELECT opportunity_id, 'amount' AS field, old_amount::VARCHAR AS old_value, amount::VARCHAR AS new_value,
       seen_before AS changed_lo, seen_from AS changed_on, said_no
FROM pair WHERE is_later AND old_amount IS DISTINCT FROM amount
UNION ALL
SELECT opportunity_id, 'expected_close_on', old_expected::VARCHAR, expected_close_on::VARCHAR, seen_before, seen_from, said_no
FROM pair WHERE is_later AND old_expected IS DISTINCT FROM expected_close_on
UNION ALL
SELECT opportunity_id, 'owner_id', old_owner, owner_id, seen_before, seen_from, said_no
FROM pair WHERE is_later AND old_owner IS DISTINCT FROM owner_id
UNION ALL
SELECT opportunity_id, 'segment', old_segment, segment, seen_before, seen_from, said_no
FROM pair WHERE is_later AND old_segment IS DISTINCT FROM segment
UNION ALL
SELECT opportunity_id, 'existence', 'absent', 'present', seen_before, seen_from, said_no
FROM pair WHERE seen_before IS NOT NULL AND last_until IS DISTINCT FROM seen_from
UNION ALL
SELECT opportunity_id, 'existence', 'present', 'absent', b.before, seen_until, said_no
FROM pair JOIN snapshot_day b ON b.day = seen_until WHERE next_from IS DISTINCT FROM seen_until
UNION ALL
SELECT opportunity_id, 'stage', old_stage, stage, lo, valid_from, said_no FROM moved WHERE old_stage <> stage AND old_stage <> '(unknown)'
UNION ALL
SELECT opportunity_id, 'status', old_status, status, lo, valid_from, said_no FROM moved WHERE old_status <> status
