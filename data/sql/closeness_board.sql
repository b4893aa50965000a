-- Accounts as they stand whose id or name contains $words, in the order asked for, and their `total`.  Grain: account.
-- is_orphaned: less close since who held it alone at the start of the period has gone; `orphaned`: how many there are.
-- Reads: account_week, opportunity_state, the canonical tables account and owner.
WITH {standing_open}, {closeness_worth}, {person},
ranked AS (  -- few columns: the others are looked up by row number for what is shown
    SELECT row_no, account_id, closeness, {closeness_signs},
        coalesce(dependence_start >= $dependence_from AND NOT is_active AND change_period < 0, false) AS is_orphaned
    FROM seen LEFT JOIN worth USING (account_id) LEFT JOIN person ON person.owner_id = holder_start::VARCHAR
    WHERE $words = '' OR contains(lower(concat_ws(' ', account_id, account_name)), lower($words))
),
chosen AS MATERIALIZED (
    SELECT * FROM ranked
    WHERE CASE $sort WHEN 'fallen' THEN change < 0 AND n_open > 0 WHEN 'risen' THEN change > 0 AND n_open > 0
          WHEN 'fallen_period' THEN change_period < 0 WHEN 'weak' THEN closeness IS NOT NULL
          WHEN 'alerts' THEN is_falling OR is_contact_lost OR is_orphaned ELSE true END
),
shown AS (SELECT * FROM chosen ORDER BY {board_order} LIMIT $limit),
counted AS (SELECT count(*) AS total, count(*) FILTER (is_orphaned) AS orphaned FROM chosen)
SELECT account_id, account_name, segment, owner_id, team, region, industry, as_of_on, closeness, mean, change, change_period, depth, breadth,
    transparency, person_dependence, holder_id, holder_start, dependence_start, n_departments, n_covered, n_contacts, n_reached,
    n_unknown_status, n_opponents, has_org_map, is_short_history, last_touch_on, n_open, amount_base, is_falling, is_narrower,
    is_contact_lost, is_dependent, is_orphaned, total, orphaned
FROM shown JOIN (SELECT * EXCLUDE (account_id, closeness), rowid AS row_no FROM {shared_closeness} WHERE {where}) USING (row_no)
CROSS JOIN counted
ORDER BY {board_order}
