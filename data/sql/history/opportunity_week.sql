-- What the comparison with the rivals said in each week.
-- Grain out: one row per opportunity and ISO week (by its Monday) at whose end it was open and in which an assessment of
-- us was in force: one of this week, or one of the $carry_weeks weeks before it where this week has none (is_stale).
-- A week is judged at its end: its Sunday, or $last_day in the last one (as_of_on).
-- In: assessment, checklist, judged_state (mart opportunity_state) of the opportunities wanted, tender (opportunity_id, from_day,
-- tender_mode). Shares: DOMAIN B6, strength^gamma / sum over us, two strongest rivals and the strongest other one.
WITH scored AS (  -- the last entry of a party in a week counts; `until` = first week in which it is in force no more
    SELECT opportunity_id, date_trunc('week', week)::DATE AS said, party, need_fit, closeness, assessor, source_count,
           lead(date_trunc('week', week)::DATE) OVER later AS next_said
    FROM assessment WHERE week <= $last_day AND need_fit IS NOT NULL AND closeness IS NOT NULL
    WINDOW later AS (PARTITION BY opportunity_id, party ORDER BY week, source_count, assessor, need_fit, closeness)
    QUALIFY next_said IS NULL OR next_said > said
), first_named AS (  -- a rival is known from the first time it is named, scored or not
    SELECT opportunity_id, party, min(date_trunc('week', week)::DATE) AS first_week
    FROM assessment WHERE week <= $last_day GROUP BY opportunity_id, party
), first_assessed AS (
    SELECT opportunity_id, min(first_week) AS opened FROM first_named GROUP BY opportunity_id
), in_force AS (
    SELECT s.* EXCLUDE (next_said), n.first_week,
           pow(greatest($floor, least(100, need_fit)), $need_weight)
           * pow(greatest($floor, least(100, closeness)), $closeness_weight) AS strength,
           unnest(range(said, least(said + 7 * ($carry_weeks + 1), coalesce(next_said, DATE '9999-01-01'), $last_day + 1),
                        INTERVAL 7 DAY))::DATE AS week
    FROM scored s JOIN first_named n USING (opportunity_id, party)
), parties AS (
    SELECT opportunity_id, week,
           any_value({{'need': need_fit, 'near': closeness, 'strength': strength, 'said': said, 'assessor': assessor,
                      'sources': source_count}}) FILTER (party = 'us') AS us,
           list_sort(list({{'weakness': -strength, 'party': party, 'need': need_fit, 'near': closeness, 'said': said,
                           'first_week': first_week}}) FILTER (party <> 'us')) AS rivals  -- strongest first, then by name
    FROM in_force GROUP BY opportunity_id, week HAVING us IS NOT NULL
), staged AS (
    SELECT p.*, least(p.week + 6, $last_day) AS as_of_on, o.opened
    FROM parties p JOIN first_assessed o USING (opportunity_id)
), standing AS (
    SELECT t.*, s.* EXCLUDE (opportunity_id)
    FROM staged t ASOF JOIN judged_state s ON s.opportunity_id = t.opportunity_id AND t.as_of_on >= s.valid_from
    WHERE (s.valid_to IS NULL OR t.as_of_on < s.valid_to) AND s.status IN ('open', 'paused', 'future')
), item_step AS (  -- answers change one at a time: what each change does to their sum and to the number of known ones
    SELECT opportunity_id, assessed_on, coalesce(value, 0) - coalesce(lag(value) OVER by_time, 0) AS more,
           (value IS NOT NULL)::INT - (lag(value) OVER by_time IS NOT NULL)::INT AS more_known
    FROM checklist WHERE kind = 'necessary_condition' AND assessed_on <= $last_day
    WINDOW by_time AS (PARTITION BY opportunity_id, item ORDER BY assessed_on)
), conditions AS (
    SELECT opportunity_id, assessed_on, sum(sum(more)) OVER by_time AS total, sum(sum(more_known)) OVER by_time AS known
    FROM item_step GROUP BY opportunity_id, assessed_on
    WINDOW by_time AS (PARTITION BY opportunity_id ORDER BY assessed_on)
), evidence AS (
    SELECT opportunity_id, assessed_on, value FROM checklist
    WHERE kind = 'control_point' AND item = $single_source_item AND assessed_on <= $last_day
), conditioned AS (
    SELECT t.*, CASE WHEN c.known > 0 THEN c.known END AS conditions,
           CASE WHEN c.known > 0 THEN $condition_base + $condition_span * round(c.total / c.known, 9) END AS g
    FROM standing t ASOF LEFT JOIN conditions c ON c.opportunity_id = t.opportunity_id AND t.as_of_on >= c.assessed_on
), proven AS (
    SELECT t.*, coalesce(e.value, 0) >= 1 OR $single_source_item = '' AS is_proven
    FROM conditioned t ASOF LEFT JOIN evidence e ON e.opportunity_id = t.opportunity_id AND t.as_of_on >= e.assessed_on
), tendered AS (
    SELECT t.*, coalesce(m.tender_mode = 'single_source', false) AND is_proven AS is_single_source, rivals[1] AS a,
           rivals[2] AS b, rivals[3] AS c, [x.party for x in rivals if x.first_week = week AND opened < week][1] AS new_rival
    FROM proven t ASOF LEFT JOIN tender m ON m.opportunity_id = t.opportunity_id AND t.as_of_on >= m.from_day
), weighed AS (
    SELECT *, a IS NULL AND NOT is_single_source AS is_phantom, pow(us.strength, $gamma) AS w_us,
           CASE WHEN a IS NOT NULL THEN pow(-a.weakness, $gamma) WHEN NOT is_single_source THEN pow(us.strength, $gamma) END AS w_1,
           pow(-b.weakness, $gamma) AS w_2, pow(-c.weakness, $gamma) AS w_others
    FROM tendered
), shared AS (
    SELECT *, w_us + coalesce(w_1, 0) + coalesce(w_2, 0) + coalesce(w_others, 0) AS whole,
           w_us / whole AS p_us, coalesce(g, 1) * w_us / whole AS p
    FROM weighed
)
SELECT opportunity_id, week, as_of_on, status, stage, stage_order, amount_base, probability,
       us.said AS assessed_week, date_diff('day', us.said, week) // 7 AS weeks_since,
       us.said < week OR coalesce(list_bool_or([x.said < week for x in rivals[1:3]]), false) AS is_stale,
       us.assessor AS assessor, us.sources AS source_count,
       coalesce(len(rivals), 0) AS rival_count, a.party AS rival_1, b.party AS rival_2, c.party AS others,
       us.need AS need_us, us.near AS closeness_us, a.need AS need_1, a.near AS closeness_1, b.need AS need_2,
       b.near AS closeness_2, c.need AS need_others, c.near AS closeness_others,
       is_phantom, is_single_source, conditions, g, p_us, p, w_1 / whole AS p_1, w_2 / whole AS p_2, w_others / whole AS p_others,
       CASE WHEN lag(week) OVER by_time = week - 7 THEN p_us - lag(p_us) OVER by_time END AS delta_us,
       CASE WHEN lag(week) OVER by_time = week - 7 AND (lag(g) OVER by_time IS NULL) = (g IS NULL)
            THEN p - lag(p) OVER by_time END AS delta,
       CASE WHEN NOT is_phantom THEN w_us >= greatest(coalesce(w_1, 0), coalesce(w_2, 0), coalesce(w_others, 0)) END AS is_leading,
       new_rival IS NOT NULL AS is_new_rival, new_rival, {dimensions}
FROM shared WINDOW by_time AS (PARTITION BY opportunity_id ORDER BY week)
