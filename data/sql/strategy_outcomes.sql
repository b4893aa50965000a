-- Won and lost by how strong we were against the strongest assessed rival $days before the close (METHOD B10), in the
-- last week that was over on that day.
-- Grain: groups x band (fragment_rated.sql; NULL: no rival was assessed then).  Reads: opportunity_state, opportunity_week.
WITH {standing}, {closed},
scored AS (
    SELECT closed.*, c.rival_1, c.need_us, c.need_1, c.closeness_us, c.closeness_1
    FROM closed LEFT JOIN opportunity_week c ON c.opportunity_id = closed.opportunity_id
        AND c.week = date_trunc('week', closed_on - $days::INTEGER - 6)::DATE
    WHERE closed.status IN ('won', 'lost') AND closed_on IS NOT NULL
), {rated}
SELECT {dims} band, count(*) AS n, count(*) FILTER (status = 'won') AS won
FROM rated
GROUP BY {groups} band
