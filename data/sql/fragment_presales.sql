-- Of what is watched: how far the necessary conditions are met (0 to 100, METHOD B8) and presales hours so far.
need AS (
    SELECT opportunity_id, 100 * avg(value) AS need_score FROM (
        SELECT opportunity_id, item, arg_max(value, assessed_on) AS value FROM checklist
        WHERE kind = 'necessary_condition' AND assessed_on <= $as_of
            AND opportunity_id IN (SELECT opportunity_id FROM watched)
        GROUP BY opportunity_id, item)
    GROUP BY opportunity_id
), {spent}
