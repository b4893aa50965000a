-- What was open in the period and due on a day (held), and how that day changed (shared_pushed.sql).
held AS (
    SELECT *, date_trunc('month', expected_close_on)::DATE AS month
    FROM opportunity_state
    WHERE {where} AND status IN ('open', 'paused') AND closed_on IS NULL AND expected_close_on IS NOT NULL
        AND valid_from <= $until AND (valid_to IS NULL OR valid_to >= $start)
),
pushed AS (SELECT * FROM {shared_pushed} WHERE {where})
