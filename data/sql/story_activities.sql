-- Activities on one opportunity up to $as_of (in the organisation's time zone).  Grain: activity.  Reads: activity.
SELECT activity_id, timezone($zone, occurred_at)::DATE AS occurred_on, timezone($zone, occurred_at) AS occurred_at, kind, direction, minutes, owner_id, is_valid
FROM activity
WHERE opportunity_id = $opportunity_id AND timezone($zone, occurred_at)::DATE <= $as_of
ORDER BY occurred_at, activity_id
