-- What was open (paused ones included, those put off not) on the last day of the period and, where months are asked for ($monthly), on the last day of each month
-- from the day on which something was first recorded (first_day: since).
stock_days AS (
    SELECT CASE WHEN $monthly THEN least(last_day(month::DATE), $until) ELSE $until END AS as_of_on
    FROM (SELECT unnest(CASE WHEN $monthly THEN generate_series(date_trunc('month', greatest($start, since)), $until, INTERVAL 1 MONTH)
              ELSE [$until::TIMESTAMP] END) AS month FROM first_day WHERE since IS NOT NULL OR NOT $monthly)
    WHERE $until >= $start
), open_then AS (
    SELECT o.*, as_of_on, date_trunc('month', as_of_on)::DATE AS month
    FROM (  -- bounded by single days as well, so that older stretches are not read
        SELECT * FROM opportunity_state WHERE {where} AND status IN ('open', 'paused', 'future') AND closed_on IS NULL
            AND valid_from <= $until AND (valid_to IS NULL OR valid_to > CASE WHEN $monthly THEN $start ELSE $until END)
    ) o
    JOIN stock_days ON valid_from <= as_of_on AND (valid_to IS NULL OR valid_to > as_of_on)
        AND (status <> 'future' OR coalesce(wake_on <= as_of_on, false))
)
