-- How many open opportunities need a look, by what happened in the last week (METHOD B6); one may be in several rows.
-- Grain: groups x event.  event "" = anything at all.  Reads: opportunity_state, opportunity_week.
WITH {compared},
flagged AS (
    SELECT * EXCLUDE (c, b), unnest(['lead_lost', 'doomed', 'jump', 'less_certain', 'new_rival', 'silent', '']) AS event,
        unnest([is_lead_lost, is_doomed, is_jump, is_less_certain, is_new_rival, is_silent,
                is_lead_lost OR is_doomed OR is_jump OR is_less_certain OR is_new_rival OR is_silent]) AS is_so
    FROM compared
)
SELECT {dims} event, count(*) AS n, sum(amount_base) AS amount
FROM flagged
WHERE is_so
GROUP BY {groups} event
