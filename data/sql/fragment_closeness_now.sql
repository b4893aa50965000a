-- Every account as it stands in the last week that ended by $as_of, beside its own past (shared_closeness.sql).
seen AS (SELECT * FROM {shared_closeness} WHERE {where}),
worth AS (
    SELECT account_id, count(*) AS n_open, sum(amount_base) AS amount_base FROM standing
    WHERE status IN ('open', 'paused') OR (status = 'future' AND coalesce(wake_on <= $as_of, false)) GROUP BY account_id
),
account_now AS (
    SELECT seen.*, coalesce(n_open, 0) AS n_open, worth.amount_base,
        mean - mean_before AS change, mean - mean_start AS change_period,
        coalesce(highest - closeness >= $drop_points, false) AS is_falling,
        coalesce(breadth < breadth_before, false) AS is_narrower,
        coalesce(status_drop >= $drop_levels, false) AS is_contact_lost,
        coalesce(person_dependence >= $dependence_from, false) AS is_dependent
    FROM seen LEFT JOIN worth USING (account_id)
)
