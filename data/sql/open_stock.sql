-- Open pipeline on $as_of. Paused opportunities are in it, those put off until a later day are not.
-- Grain: pipeline x stage x groups.  The month is that of the expected close.  Reads: opportunity_state.
WITH {standing},
{stock}
SELECT
    {dims} pipeline, stage, any_value(stage_order) AS stage_order,
    count(*) FILTER (is_in) AS n,
    sum(amount_base) FILTER (is_in) AS amount,
    count(*) FILTER (is_in AND amount_base IS NULL) AS amount_missing,
    count(*) FILTER (is_in AND status = 'paused') AS paused,
    count(*) FILTER (is_in AND expected_close_on < $as_of) AS overdue,
    count(*) FILTER (NOT is_in) AS future
FROM stock
GROUP BY {groups} pipeline, stage
