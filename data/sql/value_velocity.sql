-- What sales velocity is made of (METHOD B18) at the end of each of $days: what is open, and what was closed in the twelve
-- months up to that day.  Grain: groups x segment x day.  cycle: days from creation to winning.  open_all, open_unnamed: all
-- open ones of the day, and those of no known segment, whatever is filtered (a filter on the segment hides them).
-- Reads: opportunity_state.
WITH asked AS (SELECT day, (day - INTERVAL 1 YEAR)::DATE AS year_before FROM (SELECT unnest($days::DATE[]) AS day)),
stood AS (
    SELECT *, {where} AS is_asked, date_trunc('month', day)::DATE AS month,
        status IN ('open', 'paused') OR (status = 'future' AND coalesce(wake_on <= day, false)) AS is_open,
        status IN ('won', 'lost') AND closed_on > year_before AS is_closed
    FROM opportunity_state, asked
    WHERE {scope} AND valid_from <= day AND (valid_to IS NULL OR valid_to > day)
        AND (valid_to IS NULL OR valid_to > list_min($days::DATE[]))
        AND (closed_on IS NULL OR closed_on > list_min($days::DATE[]) - 367) AND status IN ('open', 'paused', 'future', 'won', 'lost')
), counted AS (
SELECT {dims} day, coalesce(segment::VARCHAR, '(unknown)') AS segment,
    count(*) FILTER (is_asked AND is_open) AS n, count(*) FILTER (is_asked) AS asked_n,
    count(*) FILTER (is_open) AS every_open,
    count(*) FILTER (is_asked AND is_closed AND status = 'won') AS won, count(*) FILTER (is_asked AND is_closed AND status = 'lost') AS lost,
    sum(amount_base) FILTER (is_asked AND is_closed AND status = 'won') AS won_amount,
    count(*) FILTER (is_asked AND is_closed AND status = 'won' AND amount_base IS NULL) AS won_amount_missing,
    sum(closed_on - created_on) FILTER (is_asked AND is_closed AND status = 'won') AS cycle_days,
    count(closed_on - created_on) FILTER (is_asked AND is_closed AND status = 'won') AS cycles
FROM stood
WHERE is_open OR is_closed
GROUP BY ALL
)
SELECT * EXCLUDE (asked_n, every_open), (sum(every_open) OVER days)::BIGINT AS open_all,
    coalesce((sum(every_open) FILTER (segment = '(unknown)') OVER days)::BIGINT, 0) AS open_unnamed
FROM counted
WINDOW days AS (PARTITION BY day)
QUALIFY asked_n > 0
