-- Every account as it stood in the last week that ended by $as_of, beside its own past. Weeks in which nobody can have
-- been reached yet (is_short_history) are no past. mean = mean of four weeks; mean_before = $drop_weeks weeks earlier;
-- Who holds and who sells is text here: the planner copies long lists of values again and again.
-- mean_start, holder_start …: at the start of the period, or at the first week that can be judged.
-- account_name: as of the latest export up to $as_of (the first one, if all are later); read here, not in its file for each list.
WITH judged AS (SELECT max(week) AS week FROM account_week WHERE as_of_on <= $as_of),
opening AS (
    SELECT min(week) AS week FROM account_week WHERE as_of_on >= $start AND NOT is_short_history AND week <= (SELECT week FROM judged)
),
bound AS (  -- mean_before begins after this week
    SELECT week - 7 * $drop_weeks::INT - 28 AS since, week - 7 * $drop_weeks::INT AS dropped FROM judged
),
lately AS (  -- two stretches, each bounded by single days, so that the weeks between them are not read
    SELECT * FROM account_week WHERE {scope} AND NOT is_short_history AND week > (SELECT since FROM bound) AND week <= (SELECT week FROM judged)
    UNION ALL
    SELECT * FROM account_week WHERE {scope} AND NOT is_short_history AND week >= (SELECT week FROM opening)
        AND week < (SELECT week FROM opening) + 28 AND week <= (SELECT since FROM bound)
), past AS (
    SELECT account_id,
        avg(closeness) FILTER (week > (SELECT week FROM judged) - 28) AS mean,
        avg(closeness) FILTER (week > (SELECT since FROM bound) AND week <= (SELECT dropped FROM bound)) AS mean_before,
        max(closeness) FILTER (week >= (SELECT dropped FROM bound)) AS highest,
        max(breadth) FILTER (week = (SELECT dropped FROM bound)) AS breadth_before,
        avg(closeness) FILTER (week >= (SELECT week FROM opening) AND week < (SELECT week FROM opening) + 28) AS mean_start,
        max(person_dependence) FILTER (week = (SELECT week FROM opening)) AS dependence_start,
        any_value(holder_id) FILTER (week = (SELECT week FROM opening))::VARCHAR AS holder_start,
        any_value(owner_id) FILTER (week = (SELECT week FROM opening))::VARCHAR AS owner_start,
        any_value(team) FILTER (week = (SELECT week FROM opening)) AS team_start
    FROM lately
    GROUP BY account_id
), seen AS (SELECT * FROM account_week WHERE {scope} AND week = (SELECT week FROM judged)),
firm AS (
    SELECT account_id, name AS account_name FROM account
    WHERE snapshot_date = coalesce(
        (SELECT max(day) FROM export_day WHERE source = 'account' AND day <= $as_of), (SELECT min(day) FROM export_day WHERE source = 'account'))
)
SELECT seen.* REPLACE (holder_id::VARCHAR AS holder_id, owner_id::VARCHAR AS owner_id), past.* EXCLUDE (account_id), account_name
FROM seen LEFT JOIN past ON past.account_id = seen.account_id LEFT JOIN firm ON firm.account_id = seen.account_id::VARCHAR
