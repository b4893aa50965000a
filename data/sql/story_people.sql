-- Who was in the decision chain of one opportunity, snapshot by snapshot up to $as_of, without names: people, of them those
-- who support us and who oppose us.  Grain: snapshot.  Reads: opportunity_contact.
SELECT snapshot_date AS seen_on, count(DISTINCT contact_id) AS people,
    count(DISTINCT contact_id) FILTER (status >= 1) AS supporters, count(DISTINCT contact_id) FILTER (status <= -1) AS opponents
FROM opportunity_contact
WHERE opportunity_id = $opportunity_id AND snapshot_date <= $as_of
GROUP BY snapshot_date
ORDER BY snapshot_date
