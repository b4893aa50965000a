-- Opportunities that existed on $as_of, per value of a dimension.  Grain: groups.  Reads: opportunity_state.
WITH {standing}
SELECT {dims} count(*) AS n FROM standing GROUP BY ({groups})
