-- What was open on each of several days (origins), and how much of it was won in the period forecast then (METHOD B18).
-- Grain: origin x pipeline x segment x groups x stage x due x age.  The month is that of the expected close.
-- $origins, $firsts, $lasts: the day of each forecast, first and last day of its period.  What was won is told only of
-- periods that are over on $as_of.  due: is the expected close in the period (in), before (past), after (later) or not
-- known;  age: band of days in the stage (lower bounds $ages, from 0; -1: not known).  crm: the CRM's probability, known
-- only where a snapshot up to that day had shown the opportunity as it stood: what a later one says knows the end.
-- A win counts where it was open on the day, whoever has it when it is won (the groups and filters are those of the day);
-- within a scope only if the scope still sees it then: what it brought to others is out of sight.
-- Reads: opportunity_state, opportunity_week, snapshot_day, late_seen.
WITH moment AS (
    SELECT *, (SELECT max(day) FROM snapshot_day WHERE day <= origin) AS exported_on FROM (
        SELECT unnest($origins)::DATE AS origin, unnest($firsts)::DATE AS first_on, unnest($lasts)::DATE AS last_on)
), promise AS (
    SELECT unnest($pipelines) AS promised_pipeline, unnest($stages) AS promised_stage,
        unnest($promised)::DOUBLE AS stage_default
), judged AS (
    SELECT origin, max(week) AS week
    FROM (SELECT DISTINCT week, as_of_on FROM opportunity_week WHERE as_of_on <= $as_of)
    JOIN moment ON as_of_on <= origin AND as_of_on > origin - 7
    GROUP BY origin
), alive AS (
    SELECT s.*, origin, first_on, last_on, date_trunc('month', expected_close_on)::DATE AS month,
        CASE WHEN expected_close_on IS NULL THEN 'unknown' WHEN expected_close_on < first_on THEN 'past'
            WHEN expected_close_on <= last_on THEN 'in' ELSE 'later' END AS due,
        CASE WHEN stage_entered_on IS NULL THEN -1
            ELSE list_sum([(origin - stage_entered_on >= a)::INTEGER FOR a IN $ages]) END AS age,
        CASE WHEN valid_from <= exported_on AND coalesce(late_seen.seen_on <= origin, true) THEN probability END AS crm
    FROM moment JOIN opportunity_state s ON valid_from <= origin AND coalesce(valid_to, DATE '9999-12-31') > origin
    LEFT JOIN late_seen ON late_seen.opportunity_key = s.opportunity_key
    WHERE {where} AND status IN ('open', 'paused', 'future') AND closed_on IS NULL
        AND (valid_to IS NULL OR valid_to > list_min($origins::DATE[]))
        AND (status <> 'future' OR coalesce(wake_on <= origin, false))
), won AS (  -- looked up by what was open: which of the days sees the win is asked then
    SELECT opportunity_key, valid_from AS won_from, coalesce(valid_to, DATE '9999-12-31') AS won_until, closed_on AS won_on,
        true AS is_won, amount_base AS won_amount
    FROM opportunity_state
    WHERE {scope} AND status = 'won' AND closed_on > list_min($origins::DATE[])
        AND closed_on BETWEEN list_min($firsts::DATE[]) AND list_max($lasts::DATE[])
), compared AS (
    SELECT opportunity_key, week, p FROM opportunity_week WHERE p IS NOT NULL AND week IN (SELECT week FROM judged)
), told AS (
    SELECT alive.*, is_won, won_amount, c.p, stage_default
    FROM alive
    LEFT JOIN won ON won.opportunity_key = alive.opportunity_key AND last_on <= $as_of AND won_on > origin
        AND won_on BETWEEN first_on AND last_on AND won_from <= last_on AND won_until > last_on
    LEFT JOIN judged USING (origin)
    LEFT JOIN compared c ON c.opportunity_key = alive.opportunity_key AND c.week = judged.week
    LEFT JOIN promise ON promised_pipeline = alive.pipeline::VARCHAR AND promised_stage = alive.stage::VARCHAR
)
SELECT origin, {dims} pipeline, segment, stage, any_value(stage_order) AS stage_order, due, age,
    count(*) AS n, sum(amount_base) AS amount, sum(amount_base * amount_base::DOUBLE) AS amount_square,
    count(*) FILTER (amount_base IS NULL) AS amount_missing,
    count(is_won) AS won,
    count(is_won) FILTER (amount_base IS NULL AND won_amount IS NOT NULL) AS won_missing,
    sum(won_amount) AS won_amount,
    sum(won_amount) FILTER (amount_base IS NOT NULL) AS won_amount_known,
    sum(amount_base) FILTER (is_won AND won_amount IS NOT NULL) AS won_open_amount,
    count(stage_default) AS n_default, sum(stage_default) AS default_sum,
    sum(stage_default * amount_base) AS default_amount,
    count(crm) AS n_crm, sum(crm) AS crm_sum, sum(crm * amount_base) AS crm_amount,
    count(p) AS n_compared, sum(p) AS p_sum, sum(p * amount_base) AS p_amount,
    sum(amount_base) FILTER (p IS NOT NULL) AS compared_amount,
    count(is_won) FILTER (p IS NOT NULL) AS compared_won
FROM told
GROUP BY origin, {groups} pipeline, segment, stage, due, age
