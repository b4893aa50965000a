-- Open opportunities of each group, and which rules of attention they break.  Grain: groups x rule ("open" = all, "any" =
-- those that break one of $acts at least).  The month is that of the expected close.  n: known, so that the rule can be judged;
-- amounts: of those that have one.  Reads: opportunity_state, stage_visit, opportunity_week and the canonical tables.
WITH {attention},
named AS (  -- by the place of a rule
    SELECT list_transform(rules, lambda r: r.rule) AS names,
        list_transform($acts, lambda act: (2 * list_position(names, act) + 1)::UTINYINT) AS acted
    FROM {shared_attention} WHERE {where} LIMIT 1
),
said AS (  -- 0: open; 254 and 255: any
    SELECT {dims} amount_base,
        unnest(list_concat(tally, [0, CASE WHEN list_has_any(tally, acted) THEN 255 ELSE 254 END]::UTINYINT[])) AS told
    FROM judged CROSS JOIN named
    WHERE is_in
),
counted AS (  -- a sum per answer first: sums with conditions cost far more
    SELECT {dims} told, count(*)::INTEGER AS n, sum(amount_base) AS amount_n, count(amount_base)::INTEGER AS with_amount
    FROM said
    GROUP BY {groups} told
),
summed AS (
    SELECT {dims} told // 2 AS place, sum(n)::BIGINT AS n, sum(n * (told % 2))::BIGINT AS events, sum(amount_n) AS amount_n,
        sum(CASE WHEN told % 2 = 1 THEN amount_n END) AS amount_events, sum(n - with_amount)::BIGINT AS amount_missing
    FROM counted
    GROUP BY {groups} place
)
SELECT {dims} CASE place WHEN 0 THEN 'open' WHEN 127 THEN 'any' ELSE (SELECT names FROM named)[place] END AS rule,
    n, events, amount_n, amount_events, amount_missing
FROM summed
