-- Opportunities that existed on $as_of, per dimension and value, where everything may be seen: what came and went up to
-- that day is added up instead of counting who is there.  Owners are counted: they have about as many days as rows.
-- Grain: dimension x value.  Reads: value_day, opportunity_state.
WITH {standing}
SELECT dimension, value, sum(change)::BIGINT AS n FROM value_day WHERE day <= $as_of GROUP BY dimension, value HAVING sum(change) > 0
UNION ALL
SELECT 'owner_id', owner_id::VARCHAR, count(*) FROM standing GROUP BY owner_id
