-- How close we were before the close, and whether we won: does closeness predict? (METHOD B4, B20)
-- Grain: source (project: assessed closeness to the deciders; account: the account's closeness) x percent (whole points,
-- -1: not known then).  won and lost of the period only.  Reads: closing_foresight.
WITH {foreseen}, {closeness_then}
SELECT source, CASE WHEN closeness IS NULL THEN -1 ELSE least(floor(round(closeness, 6)), 99) END::BIGINT AS percent,
    count(*) AS n, sum(y)::BIGINT AS won
FROM close_then
GROUP BY ALL
