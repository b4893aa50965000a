-- When it was first told how a contact stands to one of our deals, and which part it has in one.
-- Grain out: contact. In: all_opportunity_contact, contact_name. Ids are looked up once per contact, not once per row.
SELECT contact_no, status_on, role_on
FROM (SELECT contact_id, min(snapshot_date) FILTER (status IS NOT NULL) AS status_on,
             min(snapshot_date) FILTER (decision_role IS NOT NULL) AS role_on
      FROM all_opportunity_contact GROUP BY contact_id)
     JOIN contact_name USING (contact_id)
