-- What sales velocity is made of (METHOD B18) at the end of each of $days: what is open, and what was closed in the twelve
-- months up to that day.  Grain: groups x segment x day (and its month).  cycle: days from creation to winning.  open_all,
-- open_unnamed: all open ones of the day, and those of no known segment, whatever is filtered (a filter on the segment hides
-- them).  Reads: opportunity_state.
-- What is closed stays so: counted per day of closing first, and only these few rows are told to every day that sees them.
WITH asked AS (SELECT day, (day - INTERVAL 1 YEAR)::DATE AS year_before FROM (SELECT unnest($days::DATE[]) AS day)),
closed AS (
    SELECT {dims} segment, status, valid_from, valid_to, closed_on, count(*) AS n, sum(amount_base) AS amount,
        count(*) FILTER (amount_base IS NULL) AS missing, sum(closed_on - created_on) AS cycle_days,
        count(closed_on - created_on) AS cycles
    FROM opportunity_state
    WHERE {where} AND status IN ('won', 'lost') AND closed_on > list_min($days::DATE[]) - 367
        AND valid_from <= list_max($days::DATE[]) AND (valid_to IS NULL OR valid_to > list_min($days::DATE[]))
    GROUP BY {groups} segment, status, valid_from, valid_to, closed_on
), part AS (
    SELECT {dims} day, segment, count(*) FILTER ({where}) AS n, count(*) AS every_open, 0 AS won, 0 AS lost, NULL AS won_amount,
        0 AS won_amount_missing, NULL AS cycle_days, 0 AS cycles
    FROM opportunity_state JOIN asked ON valid_from <= day AND (valid_to IS NULL OR valid_to > day)
        AND (status <> 'future' OR coalesce(wake_on <= day, false))
    WHERE {scope} AND status IN ('open', 'paused', 'future') AND closed_on IS NULL
        AND (valid_to IS NULL OR valid_to > list_min($days::DATE[]))
    GROUP BY {groups} day, segment
    UNION ALL
    SELECT {dims} day, segment, 0, 0, sum(n) FILTER (status = 'won'), sum(n) FILTER (status = 'lost'),
        sum(amount) FILTER (status = 'won'), sum(missing) FILTER (status = 'won'), sum(cycle_days) FILTER (status = 'won'),
        sum(cycles) FILTER (status = 'won')
    FROM closed JOIN asked ON valid_from <= day AND (valid_to IS NULL OR valid_to > day) AND closed_on > year_before
    GROUP BY {groups} day, segment
), counted AS (
    SELECT {dims} day, coalesce(segment::VARCHAR, '(unknown)') AS segment, sum(n)::BIGINT AS n, sum(every_open) AS every_open,
        coalesce(sum(won), 0)::BIGINT AS won, coalesce(sum(lost), 0)::BIGINT AS lost, sum(won_amount) AS won_amount,
        coalesce(sum(won_amount_missing), 0)::BIGINT AS won_amount_missing, sum(cycle_days) AS cycle_days,
        coalesce(sum(cycles), 0)::BIGINT AS cycles
    FROM part
    GROUP BY ALL
)
SELECT * EXCLUDE (every_open), date_trunc('month', day)::DATE AS month, (sum(every_open) OVER days)::BIGINT AS open_all,
    coalesce((sum(every_open) FILTER (segment = '(unknown)') OVER days)::BIGINT, 0) AS open_unnamed
FROM counted
WINDOW days AS (PARTITION BY day)
QUALIFY n + won + lost > 0
