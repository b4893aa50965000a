-- What decision chains ever said of the contacts $contacts of one account up to $day.  Grain: opportunity x contact x snapshot;
-- is_latest: in the latest snapshot of the chain.  Reads: the canonical table opportunity_contact.
SELECT opportunity_id, contact_id, decision_role, status,
    snapshot_date = max(snapshot_date) OVER (PARTITION BY opportunity_id) AS is_latest
FROM opportunity_contact
WHERE snapshot_date <= $day
    AND list_contains($contacts, contact_id)
ORDER BY opportunity_id, snapshot_date, contact_id
