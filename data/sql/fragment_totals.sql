-- One row per opportunity and stage first entered in the period: days and seconds of all its visits up to $as_of.
first_visit AS (
    SELECT *, {days} AS spent_days, {seconds} AS spent_seconds FROM visit WHERE stage_visit_no = 1
),
again AS (
    SELECT opportunity_key, pipeline, stage, sum({days}) AS more_days, sum({seconds}) AS more_seconds,
        bool_and({seconds} IS NOT NULL) AS is_timed_again, bool_or(exited_on IS NULL OR exited_on > $as_of) AS is_there_again
    FROM (
        SELECT *, least(coalesce(exited_on, $as_of), $as_of) AS seen_until
        FROM stage_visit
        WHERE stage_visit_no > 1 AND entered_on <= $as_of
    )
    GROUP BY opportunity_key, pipeline, stage
),
total AS (
    SELECT first_visit.*,
        spent_days + coalesce(more_days, 0) AS all_days,
        spent_seconds + CASE WHEN coalesce(is_timed_again, true) THEN coalesce(more_seconds, 0) END AS all_seconds,
        is_entry_known AND coalesce(spent_days >= 0, false) AS is_in,
        outcome IS NULL OR coalesce(is_there_again, false) AS is_there,
        coalesce(passed_on <= $as_of, false) AS is_advanced
    FROM first_visit
    LEFT JOIN again USING (opportunity_key, pipeline, stage)
)
