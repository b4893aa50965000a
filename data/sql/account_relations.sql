-- Relations between the contacts of one account that hold on $day, each once.  Grain: pair x kind.
-- Reads: the canonical tables relation and contact.
SELECT from_contact, to_contact, kind, max(strength) AS strength
FROM relation
WHERE coalesce(valid_from <= $day, true) AND coalesce(valid_to > $day, true) AND from_contact <> to_contact
    AND from_contact IN (SELECT DISTINCT contact_id FROM contact WHERE account_id = $account_id AND snapshot_date <= $day)
    AND to_contact IN (SELECT DISTINCT contact_id FROM contact WHERE account_id = $account_id AND snapshot_date <= $day)
GROUP BY from_contact, to_contact, kind
ORDER BY kind, from_contact, to_contact
