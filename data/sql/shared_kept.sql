-- What is missing in the records of the open ones (METHOD B15, B17), as flags; a flag is NULL where nobody can know:
-- $snapshot is NULL before the first export; amounts and expected closes count as kept where any open opportunity had one
-- by then (a view of few that lack them all is not a field that nobody exports); next steps count as kept where any export of that day has one, activities
-- where activities are loaded, else where the exports have last dates.  Without activity: no valid one in the last $idle
-- days, and older than that; the exports' last date, which counts invalid ones, speaks only where no activities are loaded
-- (as fragment_attention.sql).  Reads: opportunity_state, the canonical tables opportunity (one snapshot) and activity.
WITH {standing_open}, {stock}, said AS (
    SELECT opportunity_id, nullif(trim(next_step), '') AS next_step, last_activity_on
    FROM opportunity WHERE snapshot_date = $snapshot
),
has AS (
    SELECT EXISTS (SELECT 1 FROM opportunity_state WHERE expected_close_on IS NOT NULL AND valid_from <= $as_of) AS closes,
        EXISTS (SELECT 1 FROM opportunity_state WHERE amount_base IS NOT NULL AND valid_from <= $as_of
            AND (valid_to IS NULL OR valid_to > $as_of) AND status IN ('open', 'paused', 'future')) AS amounts,
        (SELECT count(next_step) > 0 FROM said) AS next_steps, (SELECT count(last_activity_on) > 0 FROM said) AS last_days,
        EXISTS (SELECT 1 FROM activity WHERE timezone($zone, occurred_at)::DATE <= $as_of) AS activities
),
active AS (
    SELECT opportunity_id FROM activity
    WHERE coalesce(is_valid, true) AND opportunity_id IS NOT NULL
        AND timezone($zone, occurred_at)::DATE BETWEEN $as_of - $idle::INTEGER + 1 AND $as_of
    GROUP BY opportunity_id
)
SELECT stock.*, CASE WHEN has.closes THEN coalesce(expected_close_on < $as_of, false) END AS past_due,
    CASE WHEN has.closes THEN expected_close_on IS NULL END AS no_close_date,
    CASE WHEN has.amounts THEN amount_base IS NULL END AS no_amount,
    CASE WHEN has.next_steps THEN said.next_step IS NULL END AS no_next_step,
    CASE WHEN has.activities OR has.last_days THEN
        active.opportunity_id IS NULL AND created_on <= $as_of - $idle::INTEGER
        AND (has.activities OR coalesce(said.last_activity_on <= $as_of - $idle::INTEGER, true)) END AS no_activity
FROM stock CROSS JOIN has
LEFT JOIN said ON said.opportunity_id = stock.opportunity_id
LEFT JOIN active ON active.opportunity_id = stock.opportunity_id
WHERE is_in
