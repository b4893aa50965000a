-- Every opportunity that is open on $as_of (paused ones included, those put off not; nobody has to assess a paused one), with what the comparison said in the last week that had begun to be judged
-- by then (c, NULL: not compared), in the week before (b), and in which week we were last assessed (NULL: never).
-- c and b hold what is asked of many; the weeks are bounded twice, by days too, so that other weeks are not read.
WITH {standing_open}, compared_week AS (
    SELECT max(week) AS week FROM opportunity_week WHERE as_of_on <= $as_of AND as_of_on > $as_of - 7
), alive AS (
    SELECT standing.*, CASE WHEN valid_from <= (SELECT max(day) FROM snapshot_day WHERE day <= $as_of)
        AND coalesce(seen_on <= $as_of, true) THEN probability END AS crm
    FROM standing LEFT JOIN late_seen ON late_seen.opportunity_key = standing.opportunity_key
    WHERE status IN ('open', 'paused') OR (status = 'future' AND coalesce(wake_on <= $as_of, false))
), last_told AS (
    SELECT opportunity_key, max(assessed_week) AS assessed_week FROM opportunity_week
    WHERE as_of_on <= $as_of AND opportunity_key IN (SELECT opportunity_key FROM alive)
    GROUP BY opportunity_key
), told_week AS (
    SELECT opportunity_key, week, week = (SELECT week FROM compared_week) AS is_last, {'week': week, 'p': p, 'p_us': p_us, 'p_1': p_1,
        'g': g, 'delta': delta, 'rival_1': rival_1, 'new_rival': new_rival, 'is_phantom': is_phantom, 'is_stale': is_stale,
        'is_single_source': is_single_source, 'is_leading': is_leading, 'is_new_rival': is_new_rival, 'need_us': need_us,
        'need_1': need_1, 'closeness_us': closeness_us, 'closeness_1': closeness_1} AS said
    FROM opportunity_week
    WHERE week BETWEEN $as_of - 21 AND $as_of AND week BETWEEN (SELECT week FROM compared_week) - 7 AND (SELECT week FROM compared_week)
)
SELECT alive.*, l.assessed_week, c.said AS c, b.said AS b,
    alive.status <> 'paused' AND $as_of - l.assessed_week >= $silent_days AS is_silent,
    coalesce(abs(c.said.delta) >= $event_points / 100, false) AS is_jump,
    coalesce(b.said.is_leading AND NOT c.said.is_leading, false) AS is_lead_lost,
    coalesce(c.said.is_new_rival, false) AS is_new_rival,
    coalesce(c.said.p < $doomed_below AND alive.stage_order >= $doomed_from_stage, false) AS is_doomed,
    coalesce(c.said.g < b.said.g, false) AS is_less_certain
FROM alive
LEFT JOIN last_told l ON l.opportunity_key = alive.opportunity_key
LEFT JOIN told_week c ON c.opportunity_key = alive.opportunity_key AND c.is_last
LEFT JOIN told_week b ON b.opportunity_key = alive.opportunity_key AND b.week = (SELECT week FROM compared_week) - 7
