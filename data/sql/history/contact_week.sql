-- How close we were to each contact at the end of each week.
-- Grain out: one row per contact of an account and week of week_list (judged at as_of_on). place = number of account and
-- week together; contacts, accounts, departments and owners by number (weekly.py), in the order of their names.
-- In: person (snapshots of the contacts of the accounts wanted), touch, contact_fact (contact_no, status_on, role_on),
-- week_list (week_no = weeks since Monday 1900-01-01, week, as_of_on).
-- An account's contacts are those of its latest snapshot up to as_of_on: who is not in it any more has gone.
-- Interaction (METHOD B2): sum of weight x 2^(-age / half-life) against the level that the expected cadence would give.
-- The sums are running ones: weight x 2^(day / half-life) cumulated, scaled down at the end of the week.
WITH opening AS (
    SELECT min(week_no) AS first_no, max(week_no) AS last_no, min(as_of_on) AS first_end FROM week_list
), mine AS (
    FROM touch SEMI JOIN person USING (contact_no)
), pace AS (  -- what lies before the weeks wanted is one row
    SELECT contact_no, greatest((day - DATE '1900-01-01') // 7, first_no - 1) AS week_no,
           sum(weight * pow(2, (day - DATE '2020-01-01') / $half_life_days)) AS level, max(day) FILTER (n > 0) AS last_touch_on,
           bool_or(is_project) AS is_project
    FROM mine, opening GROUP BY ALL
), risen AS (  -- spot = number of contact and week together
    SELECT contact_no * 100000 + unnest(range(greatest(week_no, first_no), next_no)) AS spot, level, last_touch_on, is_project
    FROM (SELECT contact_no, week_no, sum(level) OVER by_time AS level, max(last_touch_on) OVER by_time AS last_touch_on,
                 bool_or(is_project) OVER by_time AS is_project, coalesce(lead(week_no) OVER by_time, last_no + 1) AS next_no,
                 first_no
          FROM pace, opening WINDOW by_time AS (PARTITION BY contact_no ORDER BY week_no))
), recent AS (  -- touches of the last $reached_days days, by who made them
    SELECT contact_no * 100000 + week_no AS spot, owner_no, sum(n)::INT AS n
    FROM (SELECT contact_no, day, owner_no, n,
                 unnest(range((day - DATE '1900-01-01') // 7, (day - DATE '1900-01-01' + $reached_days) // 7 + 1)) AS week_no
          FROM mine, opening WHERE n > 0 AND day > first_end - $reached_days::INT)
         JOIN week_list USING (week_no)
    WHERE as_of_on >= day AND as_of_on - day < $reached_days
    GROUP BY spot, owner_no
), held AS (  -- a contact is held by who made more than half of them
    SELECT spot, sum(n)::INT AS touches, coalesce(sum(n) FILTER (owner_no IS NOT NULL), 0)::INT AS owned_touches,
           CASE WHEN 2 * max(n) FILTER (owner_no IS NOT NULL) > sum(n)
                THEN arg_max(owner_no, n) FILTER (owner_no IS NOT NULL) END AS holder_no
    FROM recent GROUP BY spot
), shown AS (
    SELECT DISTINCT account_no, snapshot_date FROM person
), grid AS (
    SELECT a.account_no, w.week_no, w.as_of_on, s.snapshot_date
    FROM (SELECT DISTINCT account_no FROM shown) a CROSS JOIN week_list w
         ASOF JOIN shown s ON s.account_no = a.account_no AND w.as_of_on >= s.snapshot_date
), present AS (
    SELECT contact_no * 100000 + g.week_no AS spot, g.week_no, g.as_of_on, p.* EXCLUDE (snapshot_date)
    FROM grid g JOIN person p USING (account_no, snapshot_date)
), measured AS (
    SELECT p.*, r.last_touch_on, coalesce(r.is_project, false) AS has_project_touch,
           least(1, coalesce(r.level, 0) * pow(2, -(p.as_of_on - DATE '2020-01-01') / $half_life_days) * ln(2) / $half_life_days
                    * coalesce($cadence_days[importance], $unknown_cadence_days)) AS interaction,
           coalesce((status + 2) / 4, $unknown_attitude) AS attitude
    FROM present p LEFT JOIN risen r ON r.spot = p.spot
)
SELECT m.account_no * 100000 + m.week_no AS place, m.account_no, m.week_no, m.contact_no, m.department_no, m.title_no,
       m.importance,
       m.status, m.last_touch_on, interaction, 100 * attitude * (0.5 + 0.5 * interaction) AS closeness,
       coalesce(h.touches, 0) AS touches, coalesce(h.owned_touches, 0) AS owned_touches, h.holder_no,
       (is_oriented::INT + (m.status IS NOT NULL)::INT + (m.importance IS NOT NULL)::INT
        + (m.last_touch_on IS NOT NULL)::INT + has_project_touch::INT + coalesce(t.status_on <= m.as_of_on, false)::INT
        + coalesce(t.role_on <= m.as_of_on, false)::INT) / 7 AS known_share
FROM measured m LEFT JOIN held h ON h.spot = m.spot
     LEFT JOIN contact_fact t ON t.contact_no = m.contact_no
