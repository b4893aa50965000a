-- Of the open opportunities on $as_of, for how many each dimension is not known, and how many changed in any tracked field
-- within the last $fresh_days days.  Grain: groups.  Reads: opportunity_state.
WITH {standing_open}, {stock}
SELECT {dims} count(*) AS n, count(*) FILTER (valid_from > $as_of - $fresh_days) AS fresh,
    {unknown_of_each}
FROM stock
WHERE is_in
GROUP BY ({groups})
