-- Since when contacts were recorded at all: the first day of a valid activity with any contact.
-- Grain out: one row. In: activity.
SELECT min(timezone($timezone, occurred_at)::DATE) AS first_day FROM activity
WHERE contact_id IS NOT NULL AND coalesce(is_valid, true) AND timezone($timezone, occurred_at)::DATE <= $last_day
