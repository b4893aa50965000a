-- How well the deciders of open opportunities are known, in the latest snapshot of each chain.  Grain: groups.
-- n open ones, named: with anybody in the chain; single: with exactly one person; people: contacts of all chains;
-- families filled (an approver, an evaluator, procurement, each with a known attitude); opposed: an approver opposes us.
-- Reads: opportunity_state, the canonical table opportunity_contact.
WITH {standing},
latest AS (SELECT max(snapshot_date) AS day FROM opportunity_contact WHERE snapshot_date <= $as_of),
chain AS (
    SELECT opportunity_id, count(DISTINCT contact_id) AS people,
        coalesce(bool_or(status IS NOT NULL) FILTER (list_contains($approver, lower(decision_role))), false) AS approver,
        coalesce(bool_or(status IS NOT NULL) FILTER (list_contains($evaluator, lower(decision_role))), false) AS evaluator,
        coalesce(bool_or(status IS NOT NULL) FILTER (list_contains($procurement, lower(decision_role))), false) AS procurement,
        coalesce(bool_or(status = -2) FILTER (list_contains($approver, lower(decision_role))), false) AS is_opposed
    FROM opportunity_contact WHERE snapshot_date = (SELECT day FROM latest) GROUP BY opportunity_id
)
SELECT {dims} count(*) AS n, count(people) AS named, count(*) FILTER (people = 1) AS single,
    coalesce(sum(people), 0)::BIGINT AS people, count(*) FILTER (approver) AS approver, count(*) FILTER (evaluator) AS evaluator,
    count(*) FILTER (procurement) AS procurement, count(*) FILTER (is_opposed) AS opposed
FROM standing LEFT JOIN chain USING (opportunity_id)
WHERE status = 'open' AND (SELECT day FROM latest) IS NOT NULL
GROUP BY ({groups})
