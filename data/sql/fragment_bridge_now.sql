-- The states of the last day that began after the first: what came, or changed (fragment_bridge.sql).
(
    SELECT {dims} opportunity_key, opportunity_id, status, is_closed, created_on, closed_on, amount_base, is_inside, is_else,
        row({dims} 0) AS place, row({dims_apart_from_people} 0) AS else_place,
        status IN ('open', 'paused') OR (status = 'future' AND coalesce(wake_on <= $until, false)) AS in_stock
    FROM (
        SELECT *, date_trunc('month', expected_close_on)::DATE AS month, ({where}) AS is_inside, ({apart_from_people}) AS is_else,
            status IN ('won', 'lost', 'no_decision', 'void') AS is_closed
        FROM opportunity_state
        WHERE valid_from > {first_day} AND valid_from <= $until AND (valid_to IS NULL OR valid_to > $until)
    )
)
