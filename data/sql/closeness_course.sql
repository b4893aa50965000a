-- Closeness and its parts of some accounts ($ids), week by week up to $as_of.  Grain: account x week.  Reads: account_week.
SELECT account_id, week, as_of_on, closeness, depth, breadth, transparency, person_dependence, holder_id, n_reached, n_contacts,
    is_short_history
FROM account_week
WHERE {where} AND account_id IN (SELECT TRY_CAST(unnest($ids) AS values_account_id)) AND as_of_on <= $as_of AND week > $since
ORDER BY account_id, week
