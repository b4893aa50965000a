-- Stages that were entered in order by $as_of. The mart's flag knows the whole history: where an earlier stage went on
-- in order only after $as_of, this one was not yet entered in order.
not_yet AS (SELECT opportunity_id, pipeline, stage_order FROM stage_reach WHERE passed_in_order_on > $as_of),
in_order AS (
    SELECT * REPLACE (coalesce(passed_in_order_on <= $as_of, false) AS is_passed),
        coalesce(passed_on <= $as_of, false) AS is_gone_on
    FROM reached
    WHERE is_in_order AND is_counted AND NOT EXISTS (
        SELECT 1 FROM not_yet
        WHERE not_yet.opportunity_id = reached.opportunity_id AND not_yet.pipeline = reached.pipeline
            AND not_yet.stage_order < reached.stage_order)
)
