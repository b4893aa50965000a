-- Closeness of accounts and its parts (METHOD B4) in the last judged week of the period, or of each month in it.
-- Grain: groups x as_of_on x part (closeness, depth …).  population accounts, score_n: those with a value, its sum and squares.
-- Why it is not known: short (too early to judge), unmapped (no departments), no_attitude, no_key, untouched.
-- Reads: account_week.
WITH {judged_weeks},
score AS (
    SELECT *, unnest(['closeness', 'depth', 'breadth', 'transparency', 'person_dependence']) AS part,
        unnest(CASE WHEN NOT is_short_history THEN [closeness, depth, breadth, transparency, person_dependence] END) AS score
    FROM firm
)
SELECT {dims} as_of_on, part, count(*) AS population, count(*) FILTER (is_short_history) AS short,
    count(*) FILTER (NOT has_org_map) AS unmapped, count(*) FILTER (n_unknown_status = n_contacts) AS no_attitude,
    count(*) FILTER (n_key = 0) AS no_key, count(*) FILTER (n_touches = 0) AS untouched,
    count(*) FILTER (score >= $dependence_from) AS dependent,
    count(score) AS score_n, sum(score) AS score_sum, sum(score ** 2) AS score_squares
FROM score
GROUP BY {groups} as_of_on, part
