-- One visit of one opportunity to one stage (docs/architecture.md tells each column).
-- Grain out: opportunity, visit_no (time order). In: point, pause, spell. said_no: the spell whose dimensions and
-- amount belong to the row (joined last, in told.sql).
WITH gone AS (  -- how many absences lie before a point
    SELECT p.opportunity_id, p.point_no, count(*)::INT AS absences
    FROM point p JOIN point g ON g.opportunity_id = p.opportunity_id AND g.kind = 'gone' AND g.point_no < p.point_no
    GROUP BY ALL
), earlier AS (  -- how often it was in this stage before
    SELECT p.opportunity_id, p.point_no, count(*)::INT AS times
    FROM point p JOIN point b ON b.opportunity_id = p.opportunity_id AND b.pipeline = p.pipeline AND b.stage = p.stage
         AND b.point_no < p.point_no
    GROUP BY ALL
), passed AS (
    SELECT a.opportunity_id, a.point_no, min(b.point_no) AS passing_no
    FROM point a JOIN point b ON a.opportunity_id = b.opportunity_id AND b.point_no > a.point_no
         AND a.kind = 'open' AND (b.kind = 'won' OR (b.rank > a.rank AND b.pipeline = a.pipeline))
    GROUP BY ALL
), visit AS (
    SELECT p.*, p.point_no - coalesce(absences, 0) AS visit_no, 1 + coalesce(times, 0) AS stage_visit_no,
           n.kind AS to_kind, n.stage AS next_stage, n.stage_order AS next_order,
           n.lo AS exited_lo, n.day AS exited_on, n.instant AS exited_at,
           CASE WHEN n.kind IS NULL THEN NULL
                WHEN n.kind = 'gone' THEN 'deleted'
                WHEN n.kind IN ('won', 'lost', 'no_decision', 'void') THEN n.kind::VARCHAR
                WHEN p.kind IN ('won', 'lost', 'no_decision', 'void') THEN 'reopened'
                WHEN p.rank IS NULL OR n.rank IS NULL THEN 'advance'
                WHEN n.rank <= p.rank THEN 'regress'
                WHEN n.rank = p.rank + 1 OR n.pipeline <> p.pipeline THEN 'advance'
                ELSE 'skip' END AS exit_kind
    FROM point p
    LEFT JOIN point n ON n.opportunity_id = p.opportunity_id AND n.point_no = p.point_no + 1
    LEFT JOIN gone g ON g.opportunity_id = p.opportunity_id AND g.point_no = p.point_no
    LEFT JOIN earlier e ON e.opportunity_id = p.opportunity_id AND e.point_no = p.point_no
    WHERE p.kind <> 'gone'
), rest AS (
    SELECT v.opportunity_id, v.visit_no,
           list(struct_pack("start" := greatest(p.start, v.day), "end" := least(p."end", v.exited_on)) ORDER BY p.start)
               AS pauses
    FROM visit v JOIN pause p ON p.opportunity_id = v.opportunity_id
         AND (v.exited_on IS NULL OR p.start < v.exited_on) AND (p."end" IS NULL OR p."end" > v.day)
    WHERE v.kind NOT IN ('won', 'lost', 'no_decision', 'void') AND (v.exited_on IS NULL OR v.exited_on > v.day)
    GROUP BY ALL
)
SELECT v.opportunity_id, v.visit_no, v.stage_visit_no, v.stage, v.stage_order, v.kind AS stage_kind,
       v.lo AS entered_lo, v.day AS entered_on, v.instant AS entered_at, v.is_known AS is_entry_known,
       v.exited_lo, v.exited_on, v.exited_at, v.exit_kind, v.next_stage, v.next_order,
       b.day AS passed_on, b.instant AS passed_at,
       coalesce(list_sum(list_transform(r.pauses, lambda x: x."end" - x.start)), 0)::BIGINT AS paused_days,
       coalesce(r.pauses, []) AS pauses, v.time_source, v.pipeline, d.said_no
FROM visit v
LEFT JOIN passed ON passed.opportunity_id = v.opportunity_id AND passed.point_no = v.point_no
LEFT JOIN point b ON b.opportunity_id = v.opportunity_id AND b.point_no = passed.passing_no
LEFT JOIN rest r ON r.opportunity_id = v.opportunity_id AND r.visit_no = v.visit_no
LEFT JOIN spell d ON d.opportunity_id = v.opportunity_id AND v.evidence_on >= d.from_day AND v.evidence_on < d.to_day
