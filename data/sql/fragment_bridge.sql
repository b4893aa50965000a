-- What became of the stock between two days (METHOD B18): $then is the end of the day before the period, $until its last.
-- Grain: opportunity, twice where it left one group and came into another.  Reads: opportunity_state, stage_visit.
--   entry  NULL = in the stock at first, else how it came in      exit  kept = in the stock at last, else how it left
--   change NULL | increased | decreased | known | unknown: of those that were there at first and can still be seen
-- Who is won, lost, void or put off leaves with the amount that it has at last, who can no longer be seen with its first
-- one.  Who came and left within the period is in it with both.
-- Three readings, each bounded where the table is read: who stands in one state on both days, the states that ended between
-- them (bridge_old) and those that began between them (bridge_now).  The latter are written where they are read, not asked
-- once: what is looked for on each side is looked for in the table then.  Only what is closed has a closed_on.
stayed AS MATERIALIZED (
    SELECT *, date_trunc('month', expected_close_on)::DATE AS month
    FROM opportunity_state
    WHERE {where} AND closed_on IS NULL AND valid_from <= {first_day} AND (valid_to IS NULL OR valid_to > $until)
        AND (status IN ('open', 'paused') OR (status = 'future' AND coalesce(wake_on <= $until, false)))
),
reopened AS (
    SELECT DISTINCT opportunity_key FROM stage_visit
    WHERE exit_kind = 'reopened' AND exited_on > {first_day} AND exited_on <= $until
),
left_side AS (
    SELECT old.*, n.opportunity_key IS NOT NULL AS is_there, n.in_stock AS stays, n.status AS last_status, n.amount_base AS last_amount,
        coalesce(n.is_inside AND n.place = old.place, false) AS is_seen,
        coalesce(n.is_else AND n.else_place = old.else_place, false) AS is_handed
    FROM {bridge_old} AS old LEFT JOIN {bridge_now} AS n ON n.opportunity_key = old.opportunity_key
    WHERE old.is_inside AND old.in_stock AND old.closed_on IS NULL
),
right_side AS (
    SELECT now.*, CASE
            WHEN o.opportunity_key IS NULL THEN CASE WHEN now.created_on <= {first_day} THEN 'restored' ELSE 'new' END
            WHEN o.is_closed THEN CASE WHEN now.in_stock OR r.opportunity_key IS NOT NULL THEN 'reopened' END
            WHEN NOT o.in_stock THEN CASE WHEN now.in_stock OR now.is_closed THEN 'woken' END
            WHEN coalesce(o.is_else AND o.else_place = now.else_place, false) THEN 'owner_in'
            ELSE 'moved_in' END AS entry
    FROM {bridge_now} AS now LEFT JOIN {bridge_old} AS o ON o.opportunity_key = now.opportunity_key
    LEFT JOIN reopened AS r ON r.opportunity_key = now.opportunity_key
    WHERE now.is_inside AND NOT coalesce(o.is_inside AND o.in_stock AND o.place = now.place, false)
),
bridge AS (
    SELECT {dims} opportunity_id, CASE WHEN status = 'future' AND coalesce(wake_on > {first_day}, true) THEN 'woken' END AS entry,
        'kept' AS exit, NULL AS change, amount_base AS amount_then, amount_base AS amount_now
    FROM stayed
    UNION ALL
    SELECT {dims} opportunity_id, NULL, CASE
            WHEN NOT is_there THEN 'removed'
            WHEN NOT is_seen THEN CASE WHEN is_handed THEN 'owner_out' ELSE 'moved_out' END
            WHEN stays THEN 'kept'
            WHEN last_status = 'future' THEN 'postponed'
            ELSE last_status::VARCHAR END,
        CASE WHEN NOT is_seen OR amount_base IS NOT DISTINCT FROM last_amount THEN NULL
            WHEN amount_base IS NULL THEN 'known' WHEN last_amount IS NULL THEN 'unknown'
            WHEN last_amount > amount_base THEN 'increased' ELSE 'decreased' END,
        amount_base, CASE WHEN is_seen THEN last_amount ELSE amount_base END
    FROM left_side
    UNION ALL
    SELECT {dims} opportunity_id, entry, CASE WHEN in_stock THEN 'kept' WHEN is_closed THEN status::VARCHAR ELSE 'postponed' END,
        NULL, NULL, amount_base
    FROM right_side
    WHERE entry IS NOT NULL
)
