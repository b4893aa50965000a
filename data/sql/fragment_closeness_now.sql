-- Every account as it stands in the last week that ended by $as_of, beside its own past (shared_closeness.sql).
{closeness_worth},
account_now AS (
    SELECT seen.*, {closeness_signs}
    FROM seen LEFT JOIN worth USING (account_id)
)
