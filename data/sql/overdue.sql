-- Open opportunities whose expected close lies before $as_of: what a win rate of closed ones hides.
-- Grain: groups (time groups are not asked: it is a stock).  due_known counts those of n_open that have an expected
-- close: where none has, nobody knows what is overdue.  Reads: opportunity_state.
WITH {standing_open}
SELECT {dims} count(*) FILTER (expected_close_on < $as_of) AS open_overdue,
    count(*) AS n_open, count(expected_close_on) AS due_known
FROM standing
WHERE status IN ('open', 'paused')
GROUP BY ({groups})
