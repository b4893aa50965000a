-- How close we are to those who decide on open opportunities, and how well they are known (METHOD B5), in the latest
-- snapshot of the chains.  Grain: groups x as_of_on, the last day of the period or of each month.
-- n open ones, named: with anybody in the chain; single: with exactly one person; people: contacts of all chains;
-- families filled (an approver, an evaluator, procurement, each with a known attitude); opposed: an approver opposes us.
-- project_*: closeness to the deciders, of chains with any known attitude; coverage_*: of the named ones, the share of
-- the three families that is filled, by weight.  Reads: opportunity_state, the canonical table opportunity_contact.
WITH first_day AS (SELECT min(day) AS since FROM export_day WHERE $monthly AND source = 'opportunity_contact'),
{stock_days},
snapshot AS (
    SELECT as_of_on, max(snapshot_date) AS snapshot_date
    FROM stock_days JOIN (SELECT day AS snapshot_date FROM export_day WHERE source = 'opportunity_contact') ON snapshot_date <= as_of_on GROUP BY as_of_on
), person AS (
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
SELECT {dims} as_of_on, count(*) AS n, count(people) AS named, count(*) FILTER (people = 1) AS single,
    coalesce(sum(people), 0)::BIGINT AS people, count(*) FILTER (approver) AS approver, count(*) FILTER (evaluator) AS evaluator,
    count(*) FILTER (procurement) AS procurement, count(*) FILTER (is_opposed) AS opposed,
    count(project) AS project_n, sum(project) AS project_sum, sum(project ** 2) AS project_squares,
    count(coverage) AS coverage_n, sum(coverage) AS coverage_sum, sum(coverage ** 2) AS coverage_squares
FROM known
GROUP BY {groups} as_of_on
