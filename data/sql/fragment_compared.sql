-- What the comparison says of every opportunity that is open on $as_of, one row each, and the week that it is of.
compared_week AS (
    SELECT max(week) AS week FROM opportunity_week WHERE as_of_on <= $as_of AND as_of_on > $as_of - 7
), compared AS (SELECT * FROM {shared_compared} WHERE {where})
