-- What is read off an account as it stands and what is open with it (fragment_closeness_worth.sql): columns.
coalesce(n_open, 0) AS n_open, worth.amount_base,
        mean - mean_before AS change, mean - mean_start AS change_period,
        coalesce(highest - closeness >= $drop_points, false) AS is_falling,
        coalesce(breadth < breadth_before, false) AS is_narrower,
        coalesce(status_drop >= $drop_levels, false) AS is_contact_lost,
        coalesce(person_dependence >= $dependence_from, false) AS is_dependent
