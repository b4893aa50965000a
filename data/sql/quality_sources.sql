-- How far each source reaches: its last and first day up to $as_of (for events in the organisation's time zone); NULL = nothing
-- loaded. Plans (target, cost, standard) have periods, not days, and are left out; the days of the opportunities' own snapshots
-- are known without reading them.  Grain: canonical table.
SELECT 'account' AS source, 'state' AS kind, max(snapshot_date) AS last_on, min(snapshot_date) AS first_on FROM account WHERE snapshot_date <= $as_of
UNION ALL
SELECT 'owner' AS source, 'state' AS kind, max(snapshot_date) AS last_on, min(snapshot_date) AS first_on FROM owner WHERE snapshot_date <= $as_of
UNION ALL
SELECT 'department' AS source, 'state' AS kind, max(snapshot_date) AS last_on, min(snapshot_date) AS first_on FROM department WHERE snapshot_date <= $as_of
UNION ALL
SELECT 'contact' AS source, 'state' AS kind, max(snapshot_date) AS last_on, min(snapshot_date) AS first_on FROM contact WHERE snapshot_date <= $as_of
UNION ALL
SELECT 'opportunity_contact' AS source, 'state' AS kind, max(snapshot_date) AS last_on, min(snapshot_date) AS first_on FROM opportunity_contact WHERE snapshot_date <= $as_of
UNION ALL
SELECT 'stage_change', 'event', timezone($zone, max(changed_at))::DATE, timezone($zone, min(changed_at))::DATE FROM stage_change WHERE changed_at < timezone($zone, ($as_of + 1)::TIMESTAMP)
UNION ALL
SELECT 'activity', 'event', timezone($zone, max(occurred_at))::DATE, timezone($zone, min(occurred_at))::DATE FROM activity WHERE occurred_at < timezone($zone, ($as_of + 1)::TIMESTAMP)
UNION ALL
SELECT 'assessment', 'event', max(week), min(week) FROM assessment WHERE week <= $as_of
UNION ALL
SELECT 'checklist', 'event', max(assessed_on), min(assessed_on) FROM checklist WHERE assessed_on <= $as_of
UNION ALL
SELECT 'support_request', 'event', timezone($zone, max(requested_at))::DATE, timezone($zone, min(requested_at))::DATE FROM support_request WHERE requested_at < timezone($zone, ($as_of + 1)::TIMESTAMP)
UNION ALL
SELECT 'relation', 'event', max(valid_from), min(valid_from) FROM relation WHERE valid_from <= $as_of
