-- The opportunities behind the pushes, with the days by which they were moved.  Grain: opportunity.
-- $outcome: n (open with a date) | pushed | pushed_month | pushed_quarter | repeated | pulled
WITH {pushed},
moved AS (
    SELECT opportunity_id, count(*) FILTER (days > 0) AS moves, sum(days)::BIGINT AS days, bool_or(is_month) AS is_month,
        bool_or(is_quarter) AS is_quarter, bool_or(days < 0) AS is_pulled
    FROM pushed WHERE {mark}
    GROUP BY opportunity_id
)
SELECT opportunity_id, days FROM moved
WHERE CASE $outcome
    WHEN 'pushed' THEN moves > 0 WHEN 'pushed_month' THEN is_month WHEN 'pushed_quarter' THEN is_quarter
    WHEN 'repeated' THEN moves > 1 WHEN 'pulled' THEN is_pulled ELSE false END
UNION
SELECT opportunity_id, NULL::BIGINT FROM held WHERE $outcome = 'n' AND {mark}
