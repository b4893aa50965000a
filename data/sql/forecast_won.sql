-- What of a period's wins was not open on the day of its forecast: won before it (part so_far, as they stood on that
-- day), or won after it although not in the pipeline then: created, woken or reopened later (part later; only of
-- periods that are over on $as_of).  With what was won of the open (forecast_open) that is all that was won in the
-- period (within a scope: that it sees; what came from others into the scope was not open in it, and came later).
-- Grain: origin x part x pipeline x segment x groups.  The month of so_far is that of winning; of later there
-- is none, and of neither a stage.  $origins, $firsts, $lasts as in forecast_open.  Reads: opportunity_state.
WITH moment AS (
    SELECT unnest($origins)::DATE AS origin, unnest($firsts)::DATE AS first_on, unnest($lasts)::DATE AS last_on
), won AS (
    SELECT opportunity_state.* REPLACE (NULL::VARCHAR AS stage), origin, part,
        CASE WHEN part = 'so_far' THEN date_trunc('month', closed_on)::DATE END AS month
    FROM (
        SELECT origin, 'so_far' AS part, origin AS known_on, first_on AS start_on, least(origin, last_on) AS end_on
        FROM moment
        UNION ALL
        SELECT origin, 'later', last_on, greatest(first_on, origin + 1), last_on FROM moment WHERE last_on <= $as_of
    )
    JOIN opportunity_state ON closed_on BETWEEN start_on AND end_on
        AND valid_from <= known_on AND coalesce(valid_to, DATE '9999-12-31') > known_on
    WHERE {where} AND status = 'won'
)
SELECT origin, part, {dims} pipeline, segment, count(*) AS n, sum(amount_base) AS amount,
    sum(amount_base * amount_base::DOUBLE) AS amount_square, count(*) FILTER (amount_base IS NULL) AS amount_missing
FROM won
WHERE part = 'so_far' OR NOT EXISTS (
    SELECT 1 FROM opportunity_state s
    WHERE {scope} AND s.opportunity_key = won.opportunity_key AND s.valid_from <= won.origin AND s.closed_on IS NULL
        AND (s.valid_to IS NULL OR s.valid_to > list_min($origins::DATE[]))
        AND coalesce(s.valid_to, DATE '9999-12-31') > won.origin
        AND (s.status IN ('open', 'paused') OR (s.status = 'future' AND coalesce(s.wake_on <= won.origin, false))))
GROUP BY origin, part, {groups} pipeline, segment
