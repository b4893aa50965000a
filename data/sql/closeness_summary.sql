-- How close we are, all accounts together.  Grain: segment.  Reads: account_week, opportunity_state.
-- n accounts, measured ones (with a score), those of each band, falling, dependent on one person; sums for means.
WITH {standing_open}, {closeness_now}
SELECT coalesce(segment::VARCHAR, '(unknown)') AS segment, count(*) AS n, count(closeness) AS measured,
    count(*) FILTER (NOT has_org_map) AS unmapped, count(*) FILTER (is_short_history) AS short,
    sum(closeness) AS closeness, count(*) FILTER (is_falling) AS falling, count(*) FILTER (is_contact_lost) AS contacts_lost,
    count(person_dependence) AS dependence_known, count(*) FILTER (is_dependent) AS dependent,
    coalesce(sum(amount_base) FILTER (is_dependent), 0) AS amount_dependent, coalesce(sum(amount_base), 0) AS amount
FROM account_now
GROUP BY ALL
ORDER BY segment
