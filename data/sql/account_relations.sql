-- Relations between the contacts $contacts of one account that hold on $day, each once.  Grain: pair x kind.
-- Reads: the canonical table relation.
SELECT from_contact, to_contact, kind, max(strength) AS strength
FROM relation
WHERE coalesce(valid_from <= $day, true) AND coalesce(valid_to > $day, true) AND from_contact <> to_contact
    AND list_contains($contacts, from_contact)
    AND list_contains($contacts, to_contact)
GROUP BY from_contact, to_contact, kind
ORDER BY kind, from_contact, to_contact
