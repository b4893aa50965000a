-- Stock of each open stage on two days (METHOD B12, F1), and what was won between them.
-- Grain: pipeline x stage x groups; rows of won opportunities carry is_won.  Reads: opportunity_state.
WITH stood AS (
    SELECT *, date_trunc('month', $before)::DATE AS month,
        status = 'won' AS is_won,
        valid_from <= $before AND (valid_to IS NULL OR valid_to > $before) AS was_before,
        valid_from <= $until AND (valid_to IS NULL OR valid_to > $until) AS was_after
    FROM (  -- bounded where the table is read: what was open on the first day or later, what stands won since
        SELECT * FROM opportunity_state WHERE closed_on IS NULL AND (valid_to IS NULL OR valid_to > least($before, $until))
        UNION ALL
        SELECT * FROM opportunity_state WHERE closed_on > $before AND (valid_to IS NULL OR valid_to > $until)
    )
    WHERE {where} AND status IN ('open', 'paused', 'won')
)
SELECT
    {dims} pipeline, stage, is_won, any_value(stage_order) AS stage_order,
    count(*) FILTER (was_before AND NOT is_won) AS n_before,
    sum(amount_base) FILTER (was_before AND NOT is_won) AS amount_before,
    count(*) FILTER (was_after AND (NOT is_won OR closed_on > $before)) AS n_after,
    sum(amount_base) FILTER (was_after AND (NOT is_won OR closed_on > $before)) AS amount_after
FROM stood
WHERE was_before OR was_after
GROUP BY {groups} pipeline, stage, is_won
