-- Who needs attention: per rule the $limit opportunities with most at stake.  Grain: opportunity x rule.
-- excess = measure / limit, between 1 and $excess_cap (1 where a rule has no clock); stake = amount x chance x excess.
-- $rules: the ones asked for; $only: one opportunity, NULL = all.  total, total_amount: of the rule.
WITH {attention},
hit AS (
    SELECT judged.*, r.rule AS rule, r.measure AS measure, r.limit AS rule_limit,
        coalesce(least(greatest(r.measure / nullif(r.limit, 0), 1), $excess_cap), 1) AS excess
    FROM (SELECT *, unnest(list_filter(rules, lambda x: list_contains($rules, x.rule) AND x.known AND coalesce(x.hit, false))) AS r
          FROM judged WHERE is_in AND ($only IS NULL OR opportunity_id = $only)) AS judged
)
SELECT opportunity_id, account_id, segment, owner_id, team, pipeline, stage, stage_order, status, importance, amount_base, rule,
    CASE WHEN rule IN ('past_due') THEN measure - rule_limit WHEN rule <> 'unconditioned' THEN measure - rule_limit END::BIGINT
        AS days_over,
    CASE WHEN rule = 'past_due' THEN measure - rule_limit ELSE measure END AS measure,
    CASE WHEN rule <> 'past_due' THEN rule_limit END AS rule_limit, excess, chance, chance_source, chance_week,
    amount_base * chance * excess AS stake, next_on, expected_close_on, idle_since, need_score, presales_hours, threads,
    array_to_string(events, ',') AS happened, is_kept, count(*) OVER rules AS total, sum(amount_base) OVER rules AS total_amount
FROM hit
WINDOW rules AS (PARTITION BY rule)
QUALIFY row_number() OVER (PARTITION BY rule ORDER BY amount_base * chance * excess DESC NULLS LAST,
    amount_base DESC NULLS LAST, hit.measure - hit.rule_limit DESC NULLS LAST, opportunity_id) <= $limit
ORDER BY list_position($rules, rule), stake DESC NULLS LAST, amount_base DESC NULLS LAST,
    hit.measure - hit.rule_limit DESC NULLS LAST, opportunity_id
