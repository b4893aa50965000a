-- What an opportunity was on any day: valid_from <= D < valid_to (NULL = open-ended).
-- Grain out: one row per opportunity and stretch of days without change. In: point, pause, spell, created.
-- said_no: the spell whose amount, expected close and dimensions hold (joined last, in told.sql); spells that say the
-- same of these have the same content.
-- A day is judged at its end: of several points on one day the last one counts.
WITH standing AS (
    SELECT *, max(CASE WHEN kind = 'open' THEN stage_order END) OVER w AS highest_order,
           last_value(CASE WHEN kind IN ('open', 'paused', 'future') THEN stage END IGNORE NULLS) OVER w AS last_open_stage,
           coalesce(lead(day) OVER w, DATE '9999-12-31') AS until
    FROM (SELECT opportunity_id, point_no, day, pipeline, stage, kind, stage_order, is_known, evidence_on FROM point)
    WINDOW w AS (PARTITION BY opportunity_id ORDER BY point_no)
), day_end AS (
    SELECT * FROM standing WHERE until > day
), origin AS (  -- an import date later than the first known stage is not a creation date
    SELECT opportunity_id, day AS first_day, least(created_on, CASE WHEN is_known THEN day END) AS created_on
    FROM point LEFT JOIN created USING (opportunity_id) WHERE point_no = 1
), edge AS (
    SELECT opportunity_id, day FROM day_end
    UNION SELECT opportunity_id, least(created_on, first_day) FROM origin
    UNION SELECT opportunity_id, unnest([start, "end"]) FROM pause
    UNION SELECT opportunity_id, from_day FROM spell WHERE from_day > DATE '0001-01-01'
), numbered AS (
    SELECT e.opportunity_id, e.day, o.created_on,
           (row_number() OVER (PARTITION BY e.opportunity_id ORDER BY e.day))::INT AS edge_no
    FROM edge e JOIN origin o ON o.opportunity_id = e.opportunity_id AND e.day >= least(o.created_on, o.first_day)
), placed AS (
    SELECT e.opportunity_id, e.edge_no, e.day AS valid_from, e.created_on, p.kind, p.stage, p.stage_order, p.pipeline,
           p.is_known, p.day AS entered_on, p.highest_order, p.last_open_stage, greatest(e.day, p.evidence_on) AS evidence_on
    FROM numbered e
    LEFT JOIN day_end p ON p.opportunity_id = e.opportunity_id AND e.day >= p.day AND e.day < p.until
), state AS MATERIALIZED (
    SELECT s.opportunity_id, s.edge_no, s.valid_from, coalesce(s.kind = 'gone', false) AS is_gone,
           CASE WHEN s.kind IN ('won', 'lost', 'no_decision', 'void') THEN s.kind
                ELSE coalesce(r.status, 'open'::kind_name) END AS status,
           coalesce(s.stage, '(unknown)'::stage_name) AS stage, coalesce(s.stage_order, 0) AS stage_order,
           CASE WHEN s.is_known THEN s.entered_on END AS stage_entered_on, s.last_open_stage, s.highest_order, s.created_on,
           CASE WHEN s.kind IN ('won', 'lost', 'no_decision', 'void') THEN s.entered_on END AS closed_on,
           coalesce(s.pipeline, d.pipeline) AS pipeline, d.said_no, d.content
    FROM placed s
    LEFT JOIN pause r ON r.opportunity_id = s.opportunity_id AND s.valid_from >= r.start
         AND s.valid_from < coalesce(r."end", DATE '9999-12-31')
    LEFT JOIN spell d ON d.opportunity_id = s.opportunity_id AND s.evidence_on >= d.from_day AND s.evidence_on < d.to_day
), changed AS (
    SELECT s.* FROM state s
    LEFT JOIN state b ON b.opportunity_id = s.opportunity_id AND b.edge_no = s.edge_no - 1
    WHERE b.edge_no IS NULL OR b.is_gone <> s.is_gone OR b.status <> s.status OR b.stage <> s.stage
       OR b.stage_order <> s.stage_order OR b.content IS DISTINCT FROM s.content OR b.pipeline IS DISTINCT FROM s.pipeline
       OR b.stage_entered_on IS DISTINCT FROM s.stage_entered_on
       OR b.last_open_stage IS DISTINCT FROM s.last_open_stage OR b.closed_on IS DISTINCT FROM s.closed_on
       OR b.highest_order IS DISTINCT FROM s.highest_order
)
SELECT * EXCLUDE (is_gone, content, edge_no) FROM (
    SELECT *, lead(valid_from) OVER (PARTITION BY opportunity_id ORDER BY edge_no) AS valid_to FROM changed)
WHERE NOT is_gone
