-- What decision chains ever said of the contacts $contacts of one account up to $day.  Grain: opportunity x contact x snapshot;
-- is_latest: in the latest snapshot of the chain.  Reads: chain_days.
SELECT opportunity_id, contact_id, decision_role, status,
    snapshot_date = max(snapshot_date) OVER (PARTITION BY opportunity_id) AS is_latest
FROM (SELECT * EXCLUDE (days), unnest(days) AS snapshot_date FROM chain_days WHERE list_contains($contacts, contact_id))
WHERE snapshot_date <= $day
ORDER BY opportunity_id, snapshot_date, contact_id
