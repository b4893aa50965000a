-- Stages that were entered in order by $as_of. The mart's flag knows the whole history: where an earlier stage went on
-- in order only after $as_of, this one was not yet entered in order.  fate: 0 passed in order, 8 gone on in another way.
not_yet AS (
    SELECT opportunity_key, pipeline, min(stage_order) AS first_order
    FROM stage_reach
    WHERE passed_in_order_on > $as_of
    GROUP BY opportunity_key, pipeline
),
in_order AS (
    SELECT reached.* EXCLUDE (is_passed, fate),
        coalesce(passed_in_order_on <= $as_of, false) AS is_passed, coalesce(passed_on <= $as_of, false) AS is_gone_on,
        CASE WHEN passed_in_order_on <= $as_of THEN 0::UTINYINT WHEN fate = 0 THEN 8::UTINYINT ELSE fate END AS fate
    FROM reached
    LEFT JOIN not_yet USING (opportunity_key, pipeline)
    WHERE is_in_order AND is_counted AND (first_order IS NULL OR first_order >= stage_order)
)
