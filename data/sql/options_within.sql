-- What options.sql says, of a part of the opportunities: row by row.  Grain: dimension x value.  Reads: opportunity_state.
-- {each_dimension}: one SELECT per dimension of the contracts, put together.
WITH {standing},
kept AS MATERIALIZED (SELECT * FROM standing)
{each_dimension}
