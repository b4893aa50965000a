-- Days per opportunity and stage, all its visits together (METHOD B13, T1 and T2).
-- Grain: pipeline x stage x groups.  Population: first entry into the stage lies in the period.  Reads: stage_visit.
-- "advanced": by $as_of it had come further than this stage, or was won. Seconds are known of same-day visits only.
WITH {visit}, {totals},
tally AS (
    SELECT {dims} pipeline, stage, any_value(stage_order) AS stage_order, is_in, is_advanced, is_there, is_entry_known,
        coalesce(entered_lo < entered_on, false) AS is_approximate, count(*) AS rows,
        sum(all_days) AS days, sum(all_days * all_days) AS square, max(all_days) AS longest,
        sum(all_seconds) AS seconds, count(all_seconds) AS timed
    FROM total
    GROUP BY {groups} pipeline, stage, is_in, is_advanced, is_there, is_entry_known, is_approximate
)
SELECT
    {dims} pipeline, stage, any_value(stage_order) AS stage_order,
    sum(rows) FILTER (is_in) AS n,
    sum(days) FILTER (is_in) AS days,
    sum(square) FILTER (is_in) AS days_square,
    max(longest) FILTER (is_in) AS days_max,
    sum(seconds) FILTER (is_in) AS seconds,
    sum(timed) FILTER (is_in) AS n_seconds,
    sum(rows) FILTER (is_in AND is_advanced) AS n_advanced,
    sum(days) FILTER (is_in AND is_advanced) AS days_advanced,
    sum(square) FILTER (is_in AND is_advanced) AS days_square_advanced,
    max(longest) FILTER (is_in AND is_advanced) AS days_max_advanced,
    sum(seconds) FILTER (is_in AND is_advanced) AS seconds_advanced,
    sum(timed) FILTER (is_in AND is_advanced) AS n_seconds_advanced,
    sum(rows) FILTER (is_in AND is_there) AS still_there,
    sum(rows) FILTER (NOT is_entry_known) AS entry_unknown,
    sum(rows) FILTER (is_entry_known AND NOT is_in) AS invalid,
    sum(rows) FILTER (is_in AND is_approximate) AS approximate
FROM tally
GROUP BY {groups} pipeline, stage
