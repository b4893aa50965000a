-- Closed in the period and standing closed on $as_of; the stage is the open one from which it was closed.
closed AS (
    SELECT * REPLACE (last_open_stage AS stage), date_trunc('month', closed_on)::DATE AS month
    FROM standing
    WHERE status IN ('won', 'lost', 'no_decision', 'void')
        AND (closed_on BETWEEN $start AND $until OR (closed_on IS NULL AND NOT $has_start))
)
