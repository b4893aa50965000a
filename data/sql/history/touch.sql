-- Who was in touch with whom: valid activities with a known contact up to $last_day, in the organisation's days.
-- Grain out: one row per contact, day, owner and whether a deal was the subject: n = activities; and one row with n = 0 per
-- greeting that counts: of the capped kinds only one per contact counts, the next one $capped_days days later
-- (METHOD B2). weight = what the row adds to the interaction.
-- In: activity, kind_weight (kind in lower case, weight, is_capped), contact_name and owner_name (id and number, see weekly.py).
WITH valid AS (
    SELECT contact_no, timezone($timezone, occurred_at)::DATE AS day, owner_no, opportunity_id IS NOT NULL AS is_project,
           coalesce(w.weight, $other_activity) AS weight, coalesce(w.is_capped, false) AS is_capped
    FROM activity a JOIN contact_name USING (contact_id) LEFT JOIN owner_name USING (owner_id)
         LEFT JOIN kind_weight w ON w.kind = lower(a.kind)
    WHERE coalesce(is_valid, true) AND timezone($timezone, occurred_at)::DATE <= $last_day
), greeting_day AS (  -- the heaviest greeting of a day stands for it
    SELECT contact_no, day, max(weight) AS weight FROM valid WHERE is_capped GROUP BY contact_no, day
), counted_day AS (
    SELECT contact_no, unnest(list_reduce(list([day] ORDER BY day), lambda kept, d:
               CASE WHEN d[1] - kept[-1] >= $capped_days THEN list_concat(kept, d) ELSE kept END)) AS day
    FROM greeting_day GROUP BY contact_no
)
SELECT contact_no, day, owner_no, is_project, count(*)::INT AS n, coalesce(sum(weight) FILTER (NOT is_capped), 0) AS weight
FROM valid GROUP BY contact_no, day, owner_no, is_project
UNION ALL
SELECT contact_no, day, NULL, false, 0, weight FROM greeting_day JOIN counted_day USING (contact_no, day)
