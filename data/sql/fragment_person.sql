-- Who still works here, by the latest export of owners up to $as_of (unknown where it does not say).
person AS (
    SELECT owner_id, is_active FROM owner WHERE snapshot_date = coalesce(
        (SELECT max(day) FROM export_day WHERE source = 'owner' AND day <= $as_of), (SELECT min(day) FROM export_day WHERE source = 'owner'))
)
