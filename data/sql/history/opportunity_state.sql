-- What an opportunity was on any day: valid_from <= D < valid_to (NULL = open-ended).
-- Grain out: one row per opportunity and stretch of days without change. In: point, pause, spell, created.
-- said_no: the spell whose amount, expected close and dimensions hold (joined last, in told.sql); spells that say the
-- same of these have the same content.
-- A day is judged at its end: of several points on one day the last one counts.
WITH standing AS (
    SELECT *, max(CASE WHEN kind = 'open' THEN stage_order END) OVER w AS highest_order,
           last_value(CASE WHEN kind IN ('open', 'paused', 'future') THEN stage END IGNORE NULLS) OVER w AS last_open_stage,
           lead(day) OVER w AS next_day
    FROM point WINDOW w AS (PARTITION BY opportunity_id ORDER BY point_no)
), day_end AS (
    SELECT *, coalesce(next_day, DATE '9999-12-31') AS until FROM standing WHERE next_day IS NULL OR next_day > day
), origin AS (  -- an import date later than the first known stage is not a creation date
    SELECT opportunity_id, day AS first_day, least(created_on, CASE WHEN is_known THEN day END) AS created_on
    FROM point LEFT JOIN created USING (opportunity_id) WHERE point_no = 1
), edge AS (
    SELECT opportunity_id, day FROM day_end
    UNION SELECT opportunity_id, least(created_on, first_day) FROM origin
    UNION SELECT opportunity_id, unnest([start, "end"]) FROM pause
    UNION SELECT opportunity_id, from_day FROM spell WHERE from_day > DATE '0001-01-01'
), placed AS (
    SELECT e.opportunity_id, e.day AS valid_from, o.created_on, p.kind, p.stage, p.stage_order, p.pipeline, p.is_known,
           p.day AS entered_on, p.highest_order, p.last_open_stage, greatest(e.day, p.evidence_on) AS evidence_on
    FROM edge e
    JOIN origin o ON o.opportunity_id = e.opportunity_id AND e.day >= least(o.created_on, o.first_day)
    LEFT JOIN day_end p ON p.opportunity_id = e.opportunity_id AND e.day >= p.day AND e.day < p.until
), state AS (
    SELECT s.opportunity_id, s.valid_from, s.kind = 'gone' AS is_gone,
           CASE WHEN s.kind IN ('won', 'lost', 'no_decision', 'void') THEN s.kind ELSE coalesce(r.status, 'open') END AS status,
           coalesce(s.stage, '(unknown)') AS stage, coalesce(s.stage_order, 0) AS stage_order,
           CASE WHEN s.is_known THEN s.entered_on END AS stage_entered_on, s.last_open_stage, s.highest_order, s.created_on,
           CASE WHEN s.kind IN ('won', 'lost', 'no_decision', 'void') THEN s.entered_on END AS closed_on,
           coalesce(s.pipeline, d.pipeline) AS pipeline, d.said_no, d.content
    FROM placed s
    LEFT JOIN pause r ON r.opportunity_id = s.opportunity_id AND s.valid_from >= r.start
         AND s.valid_from < coalesce(r."end", DATE '9999-12-31')
    LEFT JOIN spell d ON d.opportunity_id = s.opportunity_id AND s.evidence_on >= d.from_day AND s.evidence_on < d.to_day
), changed AS (
    SELECT * FROM state
    WINDOW w AS (PARTITION BY opportunity_id ORDER BY valid_from)
    QUALIFY row_number() OVER w = 1 OR lag(is_gone) OVER w IS DISTINCT FROM is_gone OR lag(status) OVER w <> status
         OR lag(stage) OVER w <> stage OR lag(stage_order) OVER w <> stage_order OR lag(content) OVER w IS DISTINCT FROM content
         OR lag(pipeline) OVER w IS DISTINCT FROM pipeline OR lag(stage_entered_on) OVER w IS DISTINCT FROM stage_entered_on
         OR lag(last_open_stage) OVER w IS DISTINCT FROM last_open_stage OR lag(closed_on) OVER w IS DISTINCT FROM closed_on
         OR lag(highest_order) OVER w IS DISTINCT FROM highest_order
)
SELECT * EXCLUDE (is_gone, content) FROM (
    SELECT *, lead(valid_from) OVER (PARTITION BY opportunity_id ORDER BY valid_from) AS valid_to FROM changed)
WHERE is_gone IS DISTINCT FROM true
