-- Open on $as_of (is_in), or put off until a later day.
stock AS (
    SELECT *, date_trunc('month', expected_close_on)::DATE AS month,
        status IN ('open', 'paused') OR (status = 'future' AND coalesce(wake_on <= $as_of, false)) AS is_in
    FROM standing
    WHERE status IN ('open', 'paused', 'future')
)
