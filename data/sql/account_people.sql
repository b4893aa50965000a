-- The contacts of one account in its latest snapshot up to $day.  Grain: contact.  Reads: the canonical table contact.
SELECT contact_id, department, title, importance, orientation, status, first_contact_on, name
FROM contact
WHERE account_id = $account_id AND snapshot_date = (
    SELECT max(snapshot_date) FROM contact WHERE account_id = $account_id AND snapshot_date <= $day)
ORDER BY contact_id
