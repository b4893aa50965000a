-- What closings_each.sql says, of whole weeks, months or quarters and at most filtered by segment and team: sums of what is kept.
-- Grain: dimension ("" = all together) x value x period (its first day).  Reads: opportunity_state.
SELECT dimension, value, period, sum(won)::BIGINT AS won, sum(lost)::BIGINT AS lost
FROM {shared_closings_each} WHERE {filters} AND period BETWEEN $start AND $until
GROUP BY dimension, value, period
