-- What was predicted of each of them then: by the comparison with the rivals, by the CRM, by the stage's default.
promise AS (
    SELECT unnest($pipelines) AS pipeline, unnest($stages) AS stage, unnest($promised)::DOUBLE AS stage_default
), predicted AS (
    SELECT asked.opportunity_id, y, c.p AS comparison, s.probability AS crm, stage_default
    FROM asked
    JOIN opportunity_state s ON s.opportunity_id = asked.opportunity_id AND s.valid_from <= asked_on
        AND (s.valid_to IS NULL OR s.valid_to > asked_on) AND s.status IN ('open', 'paused', 'future')
    LEFT JOIN opportunity_week c ON c.opportunity_id = asked.opportunity_id AND c.week = asked.week
    LEFT JOIN promise ON promise.pipeline = s.pipeline::VARCHAR AND promise.stage = s.stage::VARCHAR
)
