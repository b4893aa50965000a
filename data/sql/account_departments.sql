-- The departments of one account in its latest snapshot up to $day.  Grain: department.  Reads: the canonical table department.
SELECT department, weight, target_contacts
FROM department
WHERE account_id = $account_id AND snapshot_date = (
    SELECT max(snapshot_date) FROM department WHERE account_id = $account_id AND snapshot_date <= $day)
ORDER BY weight DESC NULLS LAST, department
