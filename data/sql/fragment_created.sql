-- Created in the period.
created AS (
    SELECT *, date_trunc('month', created_on)::DATE AS month
    FROM standing
    WHERE created_on BETWEEN $start AND $until OR (created_on IS NULL AND NOT $has_start)
)
