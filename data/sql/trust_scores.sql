-- How far the contacts of the accounts trust us (METHOD B11) in the last judged week of the period, or of each month.
-- Grain: groups x as_of_on.  population contacts, short: too early to judge; score_n judged ones, on which step of the
-- ladder.  analytics.closeness.trust is the same for one contact.
-- Reads: account_week, the canonical tables contact and activity.
WITH {judged_weeks},
shown AS (SELECT DISTINCT account_id, snapshot_date FROM contact WHERE snapshot_date <= $until),
dated AS (
    SELECT f.* REPLACE (f.account_id::VARCHAR AS account_id), snapshot_date
    FROM firm f ASOF JOIN shown s ON s.account_id = f.account_id::VARCHAR AND f.as_of_on >= s.snapshot_date
), person AS (
    SELECT d.*, c.contact_id, c.importance, c.first_contact_on
    FROM dated d JOIN contact c ON c.account_id = d.account_id AND c.snapshot_date = d.snapshot_date
), touch AS (
    SELECT contact_id, timezone($zone, occurred_at)::DATE AS day, lower(kind) AS kind FROM activity
    WHERE coalesce(is_valid, true) AND timezone($zone, occurred_at)::DATE <= $until
        AND contact_id IN (SELECT contact_id FROM person)
), weighted AS (
    SELECT contact_id, day, kind, list_contains($capped, kind) AS is_capped,
        coalesce($kind_weights[list_position($kinds, kind)], $other_activity) AS weight
    FROM touch
), greeting AS (SELECT contact_id, day, max(weight) AS weight FROM weighted WHERE is_capped GROUP BY ALL),
greeted AS (  -- of greetings one counts, and the next one $capped_days days later
    SELECT contact_id, unnest(list_reduce(list([day] ORDER BY day), lambda kept, d:
        CASE WHEN d[1] - kept[-1] >= $capped_days THEN list_concat(kept, d) ELSE kept END)) AS day
    FROM greeting GROUP BY contact_id
), counted AS (
    SELECT contact_id, day, 1 AS n, list_contains($expert_kinds, kind)::INT AS expert,
        list_contains($personal_kinds, kind)::INT AS personal, CASE WHEN is_capped THEN 0 ELSE weight END AS weight
    FROM weighted
    UNION ALL
    SELECT contact_id, day, 0, 0, 0, weight FROM greeting JOIN greeted USING (contact_id, day)
), pace AS (
    SELECT contact_id, day, sum(n) AS n, sum(expert) AS expert, sum(personal) AS personal,
        sum(weight * pow(2, (day - DATE '2020-01-01') / $half_life_days)) AS level
    FROM counted GROUP BY ALL
), risen AS (
    SELECT contact_id, day, sum(n) OVER upto AS n, sum(expert) OVER upto AS expert, sum(personal) OVER upto AS personal,
        sum(level) OVER upto AS level
    FROM pace WINDOW upto AS (PARTITION BY contact_id ORDER BY day)
), degree AS (
    SELECT p.*,
        least(1, coalesce(r.level, 0) * pow(2, -(as_of_on - DATE '2020-01-01') / $half_life_days) * ln(2) / $half_life_days
            * coalesce($cadence_days[importance], $unknown_cadence_days)) AS frequency,
        least(1, (coalesce(r.expert, 0) - coalesce(b.expert, 0)) / $expert_full) AS expertise,
        CASE WHEN importance >= $key_importance
            THEN least(1, (coalesce(r.personal, 0) - coalesce(b.personal, 0)) / $personal_full) ELSE 0 END AS depth_of,
        CASE WHEN coalesce(r.n, 0) > coalesce(b.n, 0)
            THEN least(1, greatest(0, coalesce((as_of_on - first_contact_on) / (365.25 / 12), 0)) / $length_months)
            ELSE 0 END AS length
    FROM person p
    ASOF LEFT JOIN risen r ON r.contact_id = p.contact_id AND p.as_of_on >= r.day
    ASOF LEFT JOIN risen b ON b.contact_id = p.contact_id AND p.as_of_on - $trust_days::INT >= b.day
), judged AS (
    SELECT *, CASE WHEN NOT is_short_history THEN round(25 * (frequency + expertise + depth_of + length), 6) END AS score
    FROM degree
)
SELECT {dims} as_of_on, count(*) AS population, count(*) FILTER (is_short_history) AS short,
    count(score) AS score_n, sum(score) AS score_sum, sum(score ** 2) AS score_squares,
    count(*) FILTER (score < $ladder[1]) AS acquainted,
    count(*) FILTER (score >= $ladder[1] AND score < $ladder[2]) AS known,
    count(*) FILTER (score >= $ladder[2] AND score < $ladder[3]) AS trusted,
    count(*) FILTER (score >= $ladder[3]) AS interdependent
FROM judged
GROUP BY {groups} as_of_on
