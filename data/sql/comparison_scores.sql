-- The win rate by comparison with the rivals (METHOD B6) of what was open on the last day of the period, or of each month.
-- Grain: groups x as_of_on.  population open ones; score_n compared in the last week that had begun to be judged by then.
-- Reads: opportunity_state, opportunity_week.
WITH first_day AS (SELECT min(week) AS since FROM opportunity_week WHERE $monthly),
{stock_days},
judged_week AS (
    SELECT d.as_of_on, max(week) AS week
    FROM stock_days d JOIN (
        SELECT DISTINCT week, as_of_on FROM opportunity_week WHERE as_of_on <= $until AND ($monthly OR as_of_on > $until - 7)
    ) w ON w.as_of_on <= d.as_of_on AND w.as_of_on > d.as_of_on - 7
    GROUP BY d.as_of_on
), compared AS (
    SELECT o.*, p, p_us, g, is_phantom, is_stale, is_leading
    FROM open_then o LEFT JOIN judged_week j USING (as_of_on)
    LEFT JOIN opportunity_week w ON w.opportunity_id = o.opportunity_id AND w.week = j.week
)
SELECT {dims} as_of_on, count(*) AS population, count(p) AS score_n, sum(p) AS score_sum, sum(p ** 2) AS score_squares,
    sum(p_us) AS p_us_sum, count(*) FILTER (is_leading) AS leading, count(*) FILTER (is_phantom) AS phantom,
    count(*) FILTER (p IS NOT NULL AND g IS NULL) AS g_unknown, count(*) FILTER (is_stale) AS stale
FROM compared
GROUP BY {groups} as_of_on
