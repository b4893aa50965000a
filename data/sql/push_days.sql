-- On which days expected closes were pushed.  Grain: groups x day of the push.  Reads: opportunity_state.
WITH {pushed}
SELECT {dims} changed_on, count(*) FILTER (days > 0) AS pushes, count(*) FILTER (is_quarter) AS over_quarter,
    count(*) FILTER (days < 0) AS pulls
FROM pushed
GROUP BY {groups} changed_on
