-- Activities with the contacts of one account up to $day, in the organisation's days.  Grain: activity.
-- Reads: the canonical tables activity and contact.
SELECT contact_id, kind, timezone($zone, occurred_at)::DATE AS occurred_on, is_valid, owner_id, opportunity_id
FROM activity
WHERE timezone($zone, occurred_at)::DATE <= $day
    AND contact_id IN (SELECT DISTINCT contact_id FROM contact WHERE account_id = $account_id AND snapshot_date <= $day)
ORDER BY occurred_at, activity_id
