-- Opportunities that existed on $as_of, per dimension and value.  Grain: dimension x value.  Reads: opportunity_state.
-- {each_dimension}: one SELECT per dimension of the contracts, put together.
WITH {standing},
kept AS MATERIALIZED (SELECT * FROM standing)
{each_dimension}
