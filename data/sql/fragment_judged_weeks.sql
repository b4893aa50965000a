-- The last judged week of the period and, where months are asked for ($monthly), of each month in it.
judged_weeks AS (
    SELECT max(as_of_on) AS as_of_on FROM account_week WHERE as_of_on BETWEEN $start AND $until
    GROUP BY CASE WHEN $monthly THEN date_trunc('month', as_of_on) END
), firm AS (
    SELECT *, NULL AS stage, date_trunc('month', as_of_on)::DATE AS month
    FROM account_week WHERE {where} AND as_of_on IN (SELECT as_of_on FROM judged_weeks)
        AND as_of_on >= (SELECT min(as_of_on) FROM judged_weeks)  -- by a single day, so that other weeks are not read
)
