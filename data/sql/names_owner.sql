-- Names of the given owners as of the latest snapshot up to $as_of (the first one, if all are later).
-- Grain: owner.  Reads: the canonical table owner.
SELECT owner_id AS id, name
FROM owner
WHERE list_contains($ids, owner_id) AND snapshot_date = coalesce(
    (SELECT max(snapshot_date) FROM owner WHERE snapshot_date <= $as_of), (SELECT min(snapshot_date) FROM owner))
