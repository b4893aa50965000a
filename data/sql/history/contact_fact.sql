-- When it was first told how a contact stands to one of our deals, and which part it has in one.
-- Grain out: contact. In: all_opportunity_contact, contact_name.
SELECT contact_no, min(snapshot_date) FILTER (status IS NOT NULL) AS status_on,
       min(snapshot_date) FILTER (decision_role IS NOT NULL) AS role_on
FROM all_opportunity_contact JOIN contact_name USING (contact_id) GROUP BY contact_no
