-- Days per opportunity and stage, all its visits together (DOMAIN B13, T1 and T2).
-- Grain: pipeline x stage x groups.  Population: first entry into the stage lies in the period.  Reads: stage_visit.
-- "advanced": by $as_of it had come further than this stage, or was won. Seconds are known only for finished visits.
WITH {visit},
first_visit AS (
    SELECT *, {days} AS spent_days, {seconds} AS spent_seconds FROM visit WHERE stage_visit_no = 1
),
again AS (
    SELECT opportunity_id, stage, sum({days}) AS more_days, sum({seconds}) AS more_seconds,
        bool_and({seconds} IS NOT NULL) AS is_timed_again
    FROM (
        SELECT *, least(coalesce(exited_on, $as_of), $as_of) AS seen_until
        FROM stage_visit
        WHERE stage_visit_no > 1 AND entered_on <= $as_of
    )
    GROUP BY opportunity_id, stage
),
total AS (
    SELECT first_visit.*,
        spent_days + coalesce(more_days, 0) AS all_days,
        spent_seconds + CASE WHEN coalesce(is_timed_again, true) THEN coalesce(more_seconds, 0) END AS all_seconds,
        is_entry_known AND spent_days >= 0 AS is_in,
        coalesce(passed_on <= $as_of, false) AS is_advanced
    FROM first_visit
    LEFT JOIN again USING (opportunity_id, stage)
)
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
    count(*) FILTER (is_in AND seen_until = $as_of AND outcome IS NULL) AS still_there,
    count(*) FILTER (NOT is_entry_known) AS entry_unknown,
    count(*) FILTER (is_entry_known AND coalesce(spent_days < 0, true)) AS invalid,
    count(*) FILTER (is_in AND entered_lo < entered_on) AS approximate
FROM total
GROUP BY {groups} pipeline, stage
