-- Closeness and its parts of some accounts ($ids), week by week up to $as_of.  Grain: account x week.  Reads: account_week.
SELECT account_id, week, as_of_on, closeness, depth, breadth, transparency, person_dependence, holder_id, n_reached, n_contacts,
    is_short_history
FROM account_week
WHERE {where} AND list_contains($ids, account_id::VARCHAR) AND as_of_on <= $as_of AND week > $since
ORDER BY account_id, week
