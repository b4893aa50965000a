-- Days per opportunity and stage, all its visits together (METHOD B13, T1 and T2).
-- Grain: pipeline x stage x groups.  Population: first entry into the stage lies in the period.  Reads: stage_visit.
-- "advanced": by $as_of it had come further than this stage, or was won. Seconds are known of same-day visits only.
-- Tallied by numbers of few values (data/filling.py: pattern) first.  fate: 0 not in, else 1 + 1 if advanced + 2 if there.
WITH {visit}, {totals},
tally AS (
    SELECT {dims} pattern, CASE WHEN NOT is_in THEN 0::UTINYINT
            WHEN is_advanced THEN CASE WHEN is_there THEN 4::UTINYINT ELSE 2::UTINYINT END
            WHEN is_there THEN 3::UTINYINT ELSE 1::UTINYINT END AS fate,
        count(*) AS rows, count(*) FILTER (entered_lo < entered_on) AS rough,
        sum(all_days) AS days, sum(all_days * all_days) AS square, max(all_days) AS longest,
        sum(all_seconds) AS seconds, count(all_seconds) AS timed
    FROM total
    GROUP BY {groups} pattern, fate
),
told AS (
    SELECT *, fate > 0 AS is_in, fate IN (2, 4) AS is_advanced, fate IN (3, 4) AS is_there
    FROM tally JOIN visit_pattern USING (pattern)
)
SELECT
    {dims} pipeline, stage, any_value(stage_order) AS stage_order,
    sum(rows) FILTER (is_in) AS n,
    sum(days) FILTER (is_in) AS days,
    sum(square) FILTER (is_in) AS days_square,
    max(longest) FILTER (is_in) AS days_max,
    sum(seconds) FILTER (is_in) AS seconds,
    sum(timed) FILTER (is_in) AS n_seconds,
    sum(rows) FILTER (is_advanced) AS n_advanced,
    sum(days) FILTER (is_advanced) AS days_advanced,
    sum(square) FILTER (is_advanced) AS days_square_advanced,
    max(longest) FILTER (is_advanced) AS days_max_advanced,
    sum(seconds) FILTER (is_advanced) AS seconds_advanced,
    sum(timed) FILTER (is_advanced) AS n_seconds_advanced,
    sum(rows) FILTER (is_there) AS still_there,
    sum(rows) FILTER (NOT is_entry_known) AS entry_unknown,
    sum(rows) FILTER (is_entry_known AND NOT is_in) AS invalid,
    sum(rough) FILTER (is_in AND rough > 0) AS approximate
FROM told
GROUP BY {groups} pipeline, stage
