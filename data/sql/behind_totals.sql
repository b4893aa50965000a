-- The opportunities behind a mean of days in a stage (T1: reached, T2: n), with their days.  Grain: opportunity.
WITH {visit}, {totals}
SELECT opportunity_id, max(all_days)::BIGINT AS days
FROM total
WHERE {mark} AND is_in AND CASE $outcome
    WHEN 'reached' THEN is_advanced WHEN 'open' THEN is_there WHEN 'n' THEN true ELSE outcome::VARCHAR = $outcome END
GROUP BY opportunity_id
