-- Mean closeness of all accounts, week by week up to $as_of.  Grain: week x segment.  Reads: account_week.
SELECT week, as_of_on, coalesce(segment::VARCHAR, '(unknown)') AS segment, count(*) AS accounts, count(closeness) AS n,
    avg(closeness) AS closeness, avg(depth) AS depth, avg(breadth) AS breadth, avg(transparency) AS transparency
FROM account_week
WHERE {where} AND as_of_on <= $as_of AND week > $since AND NOT is_short_history
GROUP BY ALL
ORDER BY week, segment
