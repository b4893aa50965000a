-- What the comparison with the rivals said in each week.
-- Grain out: one row per opportunity and ISO week (by its Monday) at whose end it was open and in which an assessment of
-- us was in force: one of this week, or one of the $carry_weeks weeks before it where this week has none (is_stale).
-- A week is judged at its end: its Sunday, or $last_day in the last one (as_of_on).
-- In: compared_week, judged_state (mart opportunity_state) and checklist of the opportunities wanted, tender, deal_name,
-- party_name. Shares: METHOD B6, strength^gamma / sum over us, the two strongest rivals and the strongest other one.
WITH state AS (
    SELECT deal_no, row_number() OVER () AS state_no, s.*
    FROM judged_state s JOIN deal_name USING (opportunity_id) WHERE status IN ('open', 'paused', 'future')
), item_step AS (  -- answers change one at a time: what each change does to their sum and to the number of known ones
    SELECT opportunity_id, assessed_on, coalesce(value, 0) - coalesce(lag(value) OVER by_time, 0) AS more,
           (value IS NOT NULL)::INT - (lag(value) OVER by_time IS NOT NULL)::INT AS more_known
    FROM checklist WHERE kind = 'necessary_condition' AND assessed_on <= $last_day
    WINDOW by_time AS (PARTITION BY opportunity_id, item ORDER BY assessed_on)
), conditions AS (
    SELECT opportunity_id, assessed_on, sum(sum(more)) OVER by_time AS total, sum(sum(more_known)) OVER by_time AS known,
           lead(assessed_on, 1, DATE '9999-12-31') OVER by_time AS until_on
    FROM item_step GROUP BY opportunity_id, assessed_on
    WINDOW by_time AS (PARTITION BY opportunity_id ORDER BY assessed_on)
), evidence AS (
    SELECT opportunity_id, assessed_on, value,
           lead(assessed_on, 1, DATE '9999-12-31') OVER (PARTITION BY opportunity_id ORDER BY assessed_on) AS until_on
    FROM checklist WHERE kind = 'control_point' AND item = $single_source_item AND assessed_on <= $last_day
), dated AS (
    SELECT *, DATE '1900-01-01' + 7 * week_no AS week, least(DATE '1900-01-01' + 7 * week_no + 6, $last_day) AS as_of_on
    FROM compared_week
), standing AS (
    SELECT d.*, s.state_no
    FROM dated d JOIN state s ON s.deal_no = d.deal_no AND d.as_of_on >= s.valid_from
         AND (s.valid_to IS NULL OR d.as_of_on < s.valid_to)
), conditioned AS (
    SELECT t.*, CASE WHEN c.known > 0 THEN c.known END AS conditions,
           CASE WHEN c.known > 0 THEN $condition_base + $condition_span * round(c.total / c.known, 9) END AS g
    FROM standing t LEFT JOIN (FROM conditions JOIN deal_name USING (opportunity_id)) c
         ON c.deal_no = t.deal_no AND t.as_of_on >= c.assessed_on AND t.as_of_on < c.until_on
), tendered AS (
    SELECT t.*, m.deal_no IS NOT NULL AND ($single_source_item = '' OR coalesce(e.value, 0) >= 1) AS is_single_source
    FROM conditioned t
         LEFT JOIN (FROM tender JOIN deal_name USING (opportunity_id)) m
         ON m.deal_no = t.deal_no AND t.as_of_on >= m.from_day AND t.as_of_on < m.until_day
         LEFT JOIN (FROM evidence JOIN deal_name USING (opportunity_id)) e
         ON e.deal_no = t.deal_no AND t.as_of_on >= e.assessed_on AND t.as_of_on < e.until_on
), weighed AS (
    SELECT *, party_1 IS NULL AND NOT is_single_source AS is_phantom, pow(strength_us, $gamma) AS w_us,
           CASE WHEN party_1 IS NOT NULL THEN pow(strength_1, $gamma)
                WHEN NOT is_single_source THEN pow(strength_us, $gamma) END AS w_1,
           pow(strength_2, $gamma) AS w_2, pow(strength_others, $gamma) AS w_others
    FROM tendered
), shared AS (
    SELECT *, w_us + coalesce(w_1, 0) + coalesce(w_2, 0) + coalesce(w_others, 0) AS whole,
           w_us / whole AS p_us, coalesce(g, 1) * w_us / whole AS p
    FROM weighed
), changed AS (
    SELECT *, CASE WHEN lag(week) OVER by_time = week - 7 THEN p_us - lag(p_us) OVER by_time END AS delta_us,
           CASE WHEN lag(week) OVER by_time = week - 7 AND (lag(g) OVER by_time IS NULL) = (g IS NULL)
                THEN p - lag(p) OVER by_time END AS delta
    FROM shared WINDOW by_time AS (PARTITION BY deal_no ORDER BY week)
)
SELECT s.opportunity_id, week, as_of_on, status, stage, stage_order, amount_base, probability,
       DATE '1900-01-01' + 7 * said AS assessed_week, week_no - said AS weeks_since,
       oldest_said < week_no AS is_stale,
       assessor, source_count, rival_count, a.party AS rival_1, b.party AS rival_2, c.party AS others,
       need_us, closeness_us, need_1, closeness_1, need_2, closeness_2, need_others, closeness_others,
       is_phantom, is_single_source, conditions, g, p_us, p, w_1 / whole AS p_1, w_2 / whole AS p_2, w_others / whole AS p_others,
       delta_us, delta,
       CASE WHEN NOT is_phantom THEN w_us >= greatest(coalesce(w_1, 0), coalesce(w_2, 0), coalesce(w_others, 0)) END AS is_leading,
       new_party IS NOT NULL AS is_new_rival, n.party AS new_rival, {dimensions}
FROM changed t JOIN state s USING (state_no)
     LEFT JOIN party_name a ON a.party_no = t.party_1 LEFT JOIN party_name b ON b.party_no = t.party_2
     LEFT JOIN party_name c ON c.party_no = t.party_others LEFT JOIN party_name n ON n.party_no = t.new_party
