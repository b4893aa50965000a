-- What is open on each day (open_then), beside its chain in the export of that day (snapshot: as_of_on, snapshot_date): how
-- many people, which families are known, and how close we are to the deciders (chains.sql).
person AS (
    SELECT as_of_on, opportunity_id, contact_id, lower(decision_role) AS role, status,
        coalesce($role_weights[list_position($roles, lower(decision_role))], $other_role) AS weight
    FROM opportunity_contact JOIN snapshot USING (snapshot_date)
), chain AS (
    SELECT as_of_on, opportunity_id, count(DISTINCT contact_id) AS people,
        coalesce(bool_or(status IS NOT NULL) FILTER (list_contains($approver, role)), false) AS approver,
        coalesce(bool_or(status IS NOT NULL) FILTER (list_contains($evaluator, role)), false) AS evaluator,
        coalesce(bool_or(status IS NOT NULL) FILTER (list_contains($procurement, role)), false) AS procurement,
        coalesce(bool_or(status = -2) FILTER (list_contains($approver, role)), false) AS is_opposed,
        CASE WHEN count(status) > 0 AND sum(weight) > 0 THEN
            round(100 * sum(weight * coalesce((status + 2) / 4, $unknown_attitude)) / sum(weight), 6) END AS project
    FROM person GROUP BY as_of_on, opportunity_id
), known AS (
    SELECT o.*, c.* EXCLUDE (as_of_on, opportunity_id), CASE WHEN people IS NOT NULL THEN
        round((approver::INT * $family_weights[1] + evaluator::INT * $family_weights[2] + procurement::INT * $family_weights[3])
            / list_sum($family_weights), 6) END AS coverage
    FROM open_then o LEFT JOIN chain c ON c.opportunity_id = o.opportunity_id AND c.as_of_on = o.as_of_on
)
