-- Days per opportunity and stage, all its visits together (DOMAIN B13, T1 and T2).
-- Grain: pipeline x stage x groups.  Population: first entry into the stage lies in the period.  Reads: stage_visit.
-- "advanced": by $as_of it had come further than this stage, or was won. Seconds are known only for finished visits.
WITH {visit}, {totals}
SELECT
    {dims} pipeline, stage, any_value(stage_order) AS stage_order,
    count(*) FILTER (is_in) AS n,
    sum(all_days) FILTER (is_in) AS days,
    sum(all_days * all_days) FILTER (is_in) AS days_square,
    max(all_days) FILTER (is_in) AS days_max,
    sum(all_seconds) FILTER (is_in) AS seconds,
    count(all_seconds) FILTER (is_in) AS n_seconds,
    count(*) FILTER (is_in AND is_advanced) AS n_advanced,
    sum(all_days) FILTER (is_in AND is_advanced) AS days_advanced,
    sum(all_days * all_days) FILTER (is_in AND is_advanced) AS days_square_advanced,
    max(all_days) FILTER (is_in AND is_advanced) AS days_max_advanced,
    sum(all_seconds) FILTER (is_in AND is_advanced) AS seconds_advanced,
    count(all_seconds) FILTER (is_in AND is_advanced) AS n_seconds_advanced,
    count(*) FILTER (is_in AND is_there) AS still_there,
    count(*) FILTER (NOT is_entry_known) AS entry_unknown,
    count(*) FILTER (is_entry_known AND coalesce(spent_days < 0, true)) AS invalid,
    count(*) FILTER (is_in AND entered_lo < entered_on) AS approximate
FROM total
GROUP BY {groups} pipeline, stage
