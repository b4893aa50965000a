-- Sales targets, per level at which they are set (the columns that they name), period and currency.
-- Grain: groups x level x period x currency.  A filter on what a target does not name leaves nothing.  Reads: target.
WITH given AS (
    SELECT period, amount, currency, owner_id, team, segment, NULL::DATE AS month FROM target
    UNION ALL BY NAME SELECT * FROM opportunity_state WHERE false  -- all that opportunities name, and these do not
)
SELECT {dims} concat_ws(',', CASE WHEN owner_id IS NOT NULL THEN 'owner_id' END, CASE WHEN team IS NOT NULL THEN 'team' END,
        CASE WHEN segment IS NOT NULL THEN 'segment' END) AS level, period, currency, sum(amount) AS target
FROM given
WHERE {where}
GROUP BY {groups} level, period, currency
