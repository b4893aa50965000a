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
SELECT 'stage_change', 'event', max(timezone($zone, changed_at)::DATE), min(timezone($zone, changed_at)::DATE) FROM stage_change WHERE timezone($zone, changed_at)::DATE <= $as_of
UNION ALL
SELECT 'activity', 'event', max(timezone($zone, occurred_at)::DATE), min(timezone($zone, occurred_at)::DATE) FROM activity WHERE timezone($zone, occurred_at)::DATE <= $as_of
UNION ALL
SELECT 'assessment', 'event', max(week), min(week) FROM assessment WHERE week <= $as_of
UNION ALL
SELECT 'checklist', 'event', max(assessed_on), min(assessed_on) FROM checklist WHERE assessed_on <= $as_of
UNION ALL
SELECT 'support_request', 'event', max(timezone($zone, requested_at)::DATE), min(timezone($zone, requested_at)::DATE) FROM support_request WHERE timezone($zone, requested_at)::DATE <= $as_of
UNION ALL
SELECT 'relation', 'event', max(valid_from), min(valid_from) FROM relation WHERE valid_from <= $as_of
