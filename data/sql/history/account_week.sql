-- How close we were to each account at the end of each week (METHOD B4).
-- Grain out: one row per account and week of week_list in which a snapshot shows contacts of it and activities were kept.
-- In: contact_week, person, seat (snapshots of departments), account_spell, owner_spell, week_list, names, and record
-- (first_day: the first activity with a contact that was kept); see weekly.py.
-- A department counts with its weight (none told: 1) and the number of contacts that we should have there; one that only
-- contacts name has weight 1. No department rows: one department of as many seats as there are titles, and no score.
-- Where no attitude of any contact is known the account is not measured: unknown is not cold.
WITH shown AS (
    SELECT DISTINCT account_no, snapshot_date FROM seat
), account AS (
    SELECT place, any_value(account_no) AS account_no, any_value(week_no) AS week_no, count(*) AS n_contacts,
           count(*) FILTER (touches > 0) AS n_reached, sum(touches)::BIGINT AS n_touches,
           sum(owned_touches) AS owned_touches, max(last_touch_on) AS last_touch_on,
           count(*) FILTER (status IS NULL) AS n_unknown_status, count(*) FILTER (status = -2) AS n_opponents,
           count(*) FILTER (importance >= $key_importance) AS n_key, count(*) FILTER (importance >= $key_importance AND status >= 1) AS n_key_trust,
           sum(importance) FILTER (importance >= $key_importance) AS key_weight,
           sum(importance) FILTER (importance >= $key_importance AND status >= 1) AS key_trust,
           sum(importance * known_share) FILTER (importance >= $key_importance) AS key_known, sum(closeness) AS whole
    FROM contact_week GROUP BY place
), mapped AS (
    SELECT a.*, s.snapshot_date AS map_date
    FROM (SELECT * FROM account JOIN week_list USING (week_no)) a
         ASOF LEFT JOIN shown s ON s.account_no = a.account_no AND a.as_of_on >= s.snapshot_date
), unmapped AS (  -- one department of as many seats as there are titles among the contacts
    SELECT place, greatest(count(DISTINCT title_no), 1) AS target
    FROM contact_week SEMI JOIN (SELECT place FROM mapped WHERE map_date IS NULL) USING (place) GROUP BY place
), chair AS (
    SELECT m.place, s.department_no, coalesce(s.weight, 1) AS weight,
           CASE WHEN s.target_contacts IS NOT NULL THEN greatest(s.target_contacts, 1) END AS target,
           NULL::DOUBLE AS closeness, false AS is_reached, NULL::BIGINT AS status
    FROM mapped m JOIN seat s ON s.account_no = m.account_no AND s.snapshot_date = m.map_date
    UNION ALL
    SELECT place, CASE WHEN u.place IS NULL THEN department_no ELSE 0 END, NULL, u.target, closeness, touches > 0, status
    FROM contact_week LEFT JOIN unmapped u USING (place) WHERE u.place IS NOT NULL OR department_no IS NOT NULL
), department AS (
    SELECT place, department_no, coalesce(max(weight), 1) AS weight, coalesce(max(target), $target_contacts) AS target,
           count(*) FILTER (is_reached) AS n, avg(closeness) FILTER (is_reached) AS closeness,
           coalesce(bool_or(status >= 0) FILTER (is_reached), false) AS is_covered
    FROM chair GROUP BY place, department_no
), covered AS (
    SELECT place, count(*) AS n_departments, count(*) FILTER (is_covered) AS n_covered,
           sum(weight * least(1, n / target) * coalesce(closeness, 0)) / nullif(sum(weight), 0) AS depth,
           100 * coalesce(sum(weight) FILTER (is_covered), 0) / nullif(sum(weight), 0) AS breadth
    FROM department GROUP BY place
), holding AS (  -- rounded, so that a tie is a tie whatever the order of adding up
    SELECT place, arg_min(holder_no, (-held, holder_no)) AS holder_no, max(held) AS held
    FROM (SELECT place, holder_no, round(sum(closeness), 6) AS held FROM contact_week
          WHERE holder_no IS NOT NULL GROUP BY place, holder_no)
    GROUP BY place
), cooled AS (  -- important contacts that stand lower than $drop_weeks weeks ago, when they were of this account as well
    SELECT c.place, max(p.status - c.status) AS status_drop, arg_min(c.contact_no, (c.status - p.status, c.contact_no)) AS contact_no
    FROM (SELECT place, account_no, contact_no, status, as_of_on FROM contact_week JOIN week_list USING (week_no)
          WHERE importance >= $drop_importance AND status < 2) c
         ASOF JOIN (SELECT account_no, contact_no, snapshot_date, status FROM person) p
         ON p.account_no = c.account_no AND p.contact_no = c.contact_no AND c.as_of_on - 7 * $drop_weeks::INT >= p.snapshot_date
    WHERE p.status > c.status GROUP BY c.place
), scored AS (
    SELECT m.*, c.n_departments, c.n_covered, h.holder_no, h.held, d.status_drop, d.contact_no,
           map_date IS NOT NULL AS has_org_map, n_unknown_status < n_contacts AS is_measured,
           CASE WHEN is_measured THEN c.depth END AS depth, CASE WHEN is_measured THEN c.breadth END AS breadth,
           CASE WHEN is_measured THEN coalesce(key_trust, 0) / nullif(key_weight, 0) END AS trust_share,
           key_known / nullif(key_weight, 0) AS knowledge_share,
           100 * ($trust_weight * trust_share + (1 - $trust_weight) * knowledge_share) AS transparency
    FROM mapped m LEFT JOIN covered c USING (place) LEFT JOIN holding h USING (place) LEFT JOIN cooled d USING (place)
), owned AS (  -- what accounts and owners were is looked up for few columns: an as-of join sorts whole rows
    SELECT g.place, a.owner_id, a.segment, a.ownership, a.industry, a.region
    FROM (SELECT place, account_no, as_of_on FROM mapped) g
         ASOF JOIN account_spell a ON a.account_no = g.account_no AND g.as_of_on >= a.first_on
), owner_week AS (
    SELECT g.week_no, o.owner_id, o.region, o.team
    FROM (SELECT DISTINCT owner_id FROM owner_spell) n CROSS JOIN week_list g
         ASOF JOIN owner_spell o ON o.owner_id = n.owner_id AND g.as_of_on >= o.first_on
)
SELECT n.account_id, week, as_of_on,
       CASE WHEN has_org_map THEN round(($depth_weight * depth + $breadth_weight * breadth
                + coalesce($transparency_weight * transparency, 0))
            / ($depth_weight + $breadth_weight + CASE WHEN transparency IS NULL THEN 0 ELSE $transparency_weight END), 4)
       END AS closeness,
       round(depth, 4) AS depth, round(breadth, 4) AS breadth, round(transparency, 4) AS transparency,
       round(trust_share, 6) AS trust_share, round(knowledge_share, 6) AS knowledge_share,
       CASE WHEN whole > 0 AND owned_touches > 0 THEN round(least(1, coalesce(held, 0) / whole), 6) END AS person_dependence,
       h.owner_id AS holder_id, has_org_map, as_of_on < (SELECT first_day FROM record) + $reached_days::INT AS is_short_history,
       coalesce(n_departments, 0) AS n_departments, coalesce(n_covered, 0) AS n_covered, n_contacts, n_reached, n_key,
       n_key_trust, n_unknown_status, n_opponents, round(whole / n_contacts, 4) AS contact_closeness, last_touch_on,
       n_touches, status_drop, c.contact_id AS status_drop_contact,
       NULL AS pipeline, segment, ownership, industry, coalesce(a.region, o.region) AS region, o.team, a.owner_id,
       NULL AS type, NULL AS sales_mode, NULL AS product_line, NULL AS lead_source, NULL AS grade, NULL AS main_competitor
FROM scored t LEFT JOIN owned a ON a.place = t.place
     LEFT JOIN owner_week o ON o.owner_id = a.owner_id AND o.week_no = t.week_no
     JOIN account_name n USING (account_no) LEFT JOIN owner_name h ON h.owner_no = t.holder_no
     LEFT JOIN contact_name c ON c.contact_no = t.contact_no
WHERE as_of_on >= (SELECT first_day FROM record)
