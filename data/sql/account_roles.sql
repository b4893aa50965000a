-- What decision chains ever said of the contacts of one account up to $day.  Grain: opportunity x contact x snapshot;
-- is_latest: in the latest snapshot of the chain.  Reads: the canonical tables opportunity_contact and contact.
SELECT opportunity_id, contact_id, decision_role, status,
    snapshot_date = max(snapshot_date) OVER (PARTITION BY opportunity_id) AS is_latest
FROM opportunity_contact
WHERE snapshot_date <= $day
    AND contact_id IN (SELECT DISTINCT contact_id FROM contact WHERE account_id = $account_id AND snapshot_date <= $day)
ORDER BY opportunity_id, snapshot_date, contact_id
