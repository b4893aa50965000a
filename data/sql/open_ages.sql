-- For how many days the open ones have been in their stage.  Grain: pipeline x stage x groups x days x is_paused.
-- days is NULL where nobody knows since when.  The month is that of the expected close.  Reads: opportunity_state.
WITH {standing_open}, {stock}
SELECT {dims} pipeline, stage, any_value(stage_order) AS stage_order, ($as_of - stage_entered_on)::INTEGER AS days,
    status = 'paused' AS is_paused, count(*) AS n, sum(amount_base) AS amount,
    count(*) FILTER (amount_base IS NULL) AS amount_missing
FROM stock
WHERE is_in
GROUP BY {groups} pipeline, stage, days, is_paused
