-- Open opportunities whose expected close lies before $as_of: what a win rate of closed ones hides (PEERS 1.3).
-- Grain: groups (time groups are not asked: it is a stock).  Reads: opportunity_state.
WITH {standing}
SELECT {dims} count(*) AS open_overdue
FROM standing
WHERE status IN ('open', 'paused') AND expected_close_on < $as_of
GROUP BY ({groups})
