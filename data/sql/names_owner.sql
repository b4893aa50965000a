-- Names of the given owners as of the latest snapshot up to $as_of (the first one, if all are later).
-- Grain: owner.  Reads: the canonical table owner.
SELECT owner_id AS id, name
FROM owner
WHERE list_contains($ids, owner_id) AND snapshot_date = coalesce(
    (SELECT max(day) FROM export_day WHERE source = 'owner' AND day <= $as_of), (SELECT min(day) FROM export_day WHERE source = 'owner'))
