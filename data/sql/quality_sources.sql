-- How far each source reaches: its last and first day up to $as_of (for events in the organisation's time zone); NULL = nothing
-- loaded. Plans (target, cost, standard) have periods, not days, and are left out; the days of the opportunities' own snapshots
-- are known without reading them.  Grain: canonical table.  Reads: source_day.
WITH named AS (
    SELECT source, kind, row_number() OVER () AS place
    FROM (
        SELECT unnest(['account', 'owner', 'department', 'contact', 'opportunity_contact']) AS source, 'state' AS kind
        UNION ALL
        SELECT unnest(['stage_change', 'activity', 'assessment', 'checklist', 'support_request', 'relation']), 'event')
)
SELECT named.source, kind, max(day) AS last_on, min(day) AS first_on
FROM named LEFT JOIN source_day ON source_day.source = named.source AND day <= $as_of
GROUP BY named.source, kind, place
ORDER BY place
