-- Open opportunities that were compared with an assessed rival, by what suggests a strategy (METHOD B10), and what the
-- CRM says of it: the extra column `strategy` on $snapshot (NULL: not recorded).
-- Grain: groups x band (fragment_rated.sql) x is_weak (too few necessary conditions) x is_incumbent x strategy.
-- Reads: opportunity_state, opportunity_week, the canonical table opportunity.
WITH {compared},
scored AS (
    SELECT * EXCLUDE (c, b), c.need_us, c.need_1, c.closeness_us, c.closeness_1, c.g
    FROM compared WHERE c.rival_1 IS NOT NULL
), {rated},
recorded AS (
    SELECT opportunity_id, any_value(lower(trim(json_extract_string(extra, '$.strategy')))) AS strategy FROM opportunity
    WHERE snapshot_date = $snapshot AND contains(extra, '"strategy"')
    GROUP BY opportunity_id
)
SELECT {dims} band, coalesce(g < $weak_below, false) AS is_weak,
    coalesce(list_contains($incumbent, type::VARCHAR), false) AS is_incumbent, nullif(strategy, '') AS strategy,
    count(*) AS n, sum(amount_base) AS amount, count(*) FILTER (amount_base IS NULL) AS amount_missing
FROM rated LEFT JOIN recorded USING (opportunity_id)
GROUP BY {groups} band, is_weak, is_incumbent, strategy
