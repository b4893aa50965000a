-- Open opportunities of each group, and which rules of attention they break.  Grain: groups x rule ("open" = all, "any" =
-- those that break one of $acts at least).  The month is that of the expected close.  n: known, so that the rule can be judged;
-- amounts: of those that have one.  Reads: opportunity_state, stage_visit, opportunity_week and the canonical tables.
WITH {attention},
said AS (
    SELECT {dims} amount_base, unnest(list_concat(rules, [
        {'rule': 'open', 'known': true, 'hit': false, 'measure': NULL, 'limit': NULL},
        {'rule': 'any', 'known': true, 'hit': list_bool_or(list_transform(rules,
            lambda r: list_contains($acts, r.rule) AND r.known AND coalesce(r.hit, false))),
         'measure': NULL, 'limit': NULL}])) AS r
    FROM judged
    WHERE is_in
)
SELECT {dims} r.rule AS rule, count(*) AS n, count(*) FILTER (r.hit) AS events,
    sum(amount_base) AS amount_n, sum(amount_base) FILTER (r.hit) AS amount_events,
    count(*) FILTER (amount_base IS NULL) AS amount_missing
FROM said
WHERE r.known
GROUP BY {groups} rule
