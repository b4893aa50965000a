-- Activities with the contacts $contacts of one account up to $day, in the organisation's days.  Grain: activity.
-- Reads: the canonical table activity.
SELECT contact_id, kind, timezone($zone, occurred_at)::DATE AS occurred_on, is_valid, owner_id, opportunity_id
FROM activity
WHERE timezone($zone, occurred_at)::DATE <= $day
    AND list_contains($contacts, contact_id)
ORDER BY occurred_at, activity_id
