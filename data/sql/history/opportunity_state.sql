-- What an opportunity was on any day: valid_from <= D < valid_to (NULL = open-ended).
-- Grain out: one row per opportunity and stretch of days without change. In: point, pause, dim_spell, created, spell.
-- {columns}: columns that come from the snapshot in force (contracts: expected close, money, dimensions, ...).
-- A day is judged at its end: of several points on one day the last one counts.
WITH day_end AS (
    SELECT p.*, max(CASE WHEN kind = 'open' THEN stage_order END) OVER w AS highest_order,
           last_value(CASE WHEN kind IN ('open', 'paused', 'future') THEN stage END IGNORE NULLS) OVER w AS last_open_stage
    FROM point p WINDOW w AS (PARTITION BY opportunity_id ORDER BY point_no)
    QUALIFY row_number() OVER (PARTITION BY opportunity_id, day ORDER BY point_no DESC) = 1
), origin AS (  -- an import date later than the first known stage is not a creation date
    SELECT opportunity_id, arg_min(day, point_no) AS first_day,
           least(any_value(created_on), CASE WHEN bool_and(is_known) THEN min(day) END) AS created_on
    FROM (SELECT opportunity_id, point_no, day, is_known, created_on FROM point LEFT JOIN created USING (opportunity_id)
          WHERE point_no = 1) GROUP BY ALL
), edge AS (
    SELECT opportunity_id, day FROM day_end
    UNION SELECT opportunity_id, least(created_on, first_day) FROM origin
    UNION SELECT opportunity_id, unnest([start, "end"]) FROM pause
    UNION SELECT opportunity_id, from_day FROM dim_spell WHERE from_day > DATE '0001-01-01'
), dated AS (
    SELECT e.opportunity_id, e.day AS valid_from, o.created_on
    FROM edge e JOIN origin o ON o.opportunity_id = e.opportunity_id AND e.day >= least(o.created_on, o.first_day)
), placed AS (
    SELECT t.opportunity_id, valid_from, t.created_on, p.kind, p.stage, p.stage_order, p.pipeline, p.is_known,
           p.day AS entered_on, p.highest_order, p.last_open_stage, greatest(valid_from, p.evidence_on) AS evidence_on
    FROM dated t ASOF LEFT JOIN day_end p ON p.opportunity_id = t.opportunity_id AND t.valid_from >= p.day
), paused AS (
    SELECT l.*, CASE WHEN r.status IS NOT NULL AND (r."end" IS NULL OR r."end" > l.valid_from) THEN r.status END AS pause_status
    FROM placed l ASOF LEFT JOIN pause r ON r.opportunity_id = l.opportunity_id AND l.valid_from >= r.start
), full_state AS (
    SELECT s.opportunity_id, s.valid_from, coalesce(s.kind = 'gone', false) AS is_gone,
           CASE WHEN s.kind IN ('won', 'lost', 'no_decision', 'void') THEN s.kind ELSE coalesce(pause_status, 'open') END AS status,
           coalesce(s.stage, '(unknown)') AS stage, coalesce(s.stage_order, 0) AS stage_order,
           CASE WHEN s.is_known THEN s.entered_on END AS stage_entered_on, s.last_open_stage, s.highest_order, s.created_on,
           CASE WHEN s.kind IN ('won', 'lost', 'no_decision', 'void') THEN s.entered_on END AS closed_on,
           coalesce(s.pipeline, d.pipeline) AS pipeline, {columns}
    FROM paused s ASOF LEFT JOIN dim_spell d ON d.opportunity_id = s.opportunity_id AND s.evidence_on >= d.from_day
), distinct_state AS (
    SELECT * FROM full_state
    WINDOW w AS (PARTITION BY opportunity_id ORDER BY valid_from)
    QUALIFY row_number() OVER w = 1 OR lag(is_gone) OVER w <> is_gone OR lag({row}) OVER w IS DISTINCT FROM {row}
), ended AS (
    SELECT *, lead(valid_from) OVER (PARTITION BY opportunity_id ORDER BY valid_from) AS valid_to FROM distinct_state
)
SELECT {out} FROM ended WHERE NOT is_gone
