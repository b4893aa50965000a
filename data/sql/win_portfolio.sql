-- What the comparison with the rivals says of everything that is open on $as_of, beside what the stages promise.
-- Grain: pipeline x stage x groups x bin (fifth of the win rate, 0 to 4; -1: not compared).  Reads: opportunity_state,
-- opportunity_week.  Sums of the predictions are over the compared ones, of the promises over those that have one too.
WITH {compared},
promise AS (
    SELECT unnest($pipelines) AS promised_pipeline, unnest($stages) AS promised_stage, unnest($promised)::DOUBLE AS stage_default
)
SELECT {dims} pipeline, stage, any_value(stage_order) AS stage_order,
    CASE WHEN c.p IS NULL THEN -1 ELSE least(floor(c.p * 5), 4) END::BIGINT AS bin,
    count(*) AS n, sum(amount_base) AS amount,
    count(*) FILTER (assessed_week IS NOT NULL) AS ever_assessed,
    count(*) FILTER (is_silent) AS silent,
    count(*) FILTER (c.is_phantom) AS phantom,
    count(*) FILTER (c.p IS NOT NULL AND c.g IS NULL) AS g_unknown,
    count(*) FILTER (c.is_leading) AS leading,
    sum(c.p) AS p_sum, sum(c.p_us) AS p_us_sum, sum(c.p * (1 - c.p)) AS variance_sum,
    sum(stage_default) FILTER (c.p IS NOT NULL) AS default_sum,
    count(stage_default) FILTER (c.p IS NOT NULL) AS n_default,
    sum(crm) FILTER (c.p IS NOT NULL) AS crm_sum, count(crm) FILTER (c.p IS NOT NULL) AS n_crm,
    sum(c.p * amount_base) AS amount_expected
FROM compared
LEFT JOIN promise ON promised_pipeline = pipeline::VARCHAR AND promised_stage = stage::VARCHAR
GROUP BY {groups} pipeline, stage, bin
