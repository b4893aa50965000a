-- Won and lost by how strong we were against the strongest assessed rival some weeks before the close (METHOD B10).
-- Grain: groups x band (fragment_rated.sql; NULL: no rival was assessed then).  Reads: closing_foresight.
WITH {foreseen},
scored AS (SELECT * FROM foreseen WHERE is_decided), {rated}
SELECT {dims} band, count(*) AS n, sum(y)::BIGINT AS won
FROM rated
GROUP BY {groups} band
