-- The decision chain of one opportunity in its latest snapshot up to $day.  Grain: contact.
-- Reads: the canonical tables opportunity_contact and contact (the contact as known by then).
WITH chain AS (
    SELECT * FROM opportunity_contact WHERE opportunity_id = $opportunity_id AND snapshot_date = (
        SELECT max(snapshot_date) FROM opportunity_contact WHERE opportunity_id = $opportunity_id AND snapshot_date <= $day)
), person AS (
    SELECT contact_id, arg_max(department, snapshot_date) AS department, arg_max(title, snapshot_date) AS title,
           arg_max(importance, snapshot_date) AS importance, arg_max(name, snapshot_date) AS name
    FROM contact SEMI JOIN chain USING (contact_id) WHERE snapshot_date <= $day GROUP BY contact_id
)
SELECT contact_id, department, title, importance, decision_role, c.status, solution_accept, price_accept, name
FROM chain c LEFT JOIN person USING (contact_id)
ORDER BY contact_id
