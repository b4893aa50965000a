-- One visit of one opportunity to one stage (docs/architecture.md tells each column).
-- Grain out: opportunity, visit_no (time order). In: point, pause, spell. said_no: the spell whose dimensions and
-- amount belong to the row (joined last, in told.sql).
WITH moved AS (
    SELECT *, lead(kind) OVER w AS to_kind, lead(stage) OVER w AS to_stage, lead(stage_order) OVER w AS to_order,
           lead(rank) OVER w AS to_rank, lead(pipeline) OVER w AS to_pipeline,
           lead(lo) OVER w AS exited_lo, lead(day) OVER w AS exited_on, lead(instant) OVER w AS exited_at
    FROM point WINDOW w AS (PARTITION BY opportunity_id ORDER BY point_no)
), visit AS (
    SELECT *, row_number() OVER (PARTITION BY opportunity_id ORDER BY point_no) AS visit_no,
           row_number() OVER (PARTITION BY opportunity_id, pipeline, stage ORDER BY point_no) AS stage_visit_no,
           CASE WHEN to_kind IS NULL THEN NULL
                WHEN to_kind = 'gone' THEN 'deleted'
                WHEN to_kind IN ('won', 'lost', 'no_decision', 'void') THEN to_kind
                WHEN kind IN ('won', 'lost', 'no_decision', 'void') THEN 'reopened'
                WHEN rank IS NULL OR to_rank IS NULL THEN 'advance'
                WHEN to_rank <= rank THEN 'regress'
                WHEN to_rank = rank + 1 OR to_pipeline <> pipeline THEN 'advance'
                ELSE 'skip' END AS exit_kind
    FROM moved WHERE kind <> 'gone'
), passed AS (
    SELECT a.opportunity_id, a.point_no, min(b.point_no) AS passing_no
    FROM point a JOIN point b ON a.opportunity_id = b.opportunity_id AND b.point_no > a.point_no
         AND a.kind = 'open' AND (b.kind = 'won' OR (b.rank > a.rank AND b.pipeline = a.pipeline))
    GROUP BY ALL
), rest AS (
    SELECT v.opportunity_id, v.visit_no,
           list(struct_pack("start" := greatest(p.start, v.day), "end" := least(p."end", v.exited_on)) ORDER BY p.start) AS pauses
    FROM visit v JOIN pause p ON p.opportunity_id = v.opportunity_id
         AND (v.exited_on IS NULL OR p.start < v.exited_on) AND (p."end" IS NULL OR p."end" > v.day)
    WHERE v.kind NOT IN ('won', 'lost', 'no_decision', 'void') AND (v.exited_on IS NULL OR v.exited_on > v.day)
    GROUP BY ALL
)
SELECT v.opportunity_id, v.visit_no, v.stage_visit_no, v.stage, v.stage_order, v.kind AS stage_kind,
       v.lo AS entered_lo, v.day AS entered_on, v.instant AS entered_at, v.is_known AS is_entry_known,
       v.exited_lo, v.exited_on, v.exited_at, v.exit_kind, v.to_stage AS next_stage, v.to_order AS next_order,
       b.day AS passed_on, b.instant AS passed_at,
       coalesce(list_sum(list_transform(r.pauses, lambda x: x."end" - x.start)), 0)::BIGINT AS paused_days,
       coalesce(r.pauses, []) AS pauses, v.time_source, v.pipeline, d.said_no
FROM visit v
LEFT JOIN passed USING (opportunity_id, point_no)
LEFT JOIN point b ON b.opportunity_id = v.opportunity_id AND b.point_no = passed.passing_no
LEFT JOIN rest r ON r.opportunity_id = v.opportunity_id AND r.visit_no = v.visit_no
LEFT JOIN spell d ON d.opportunity_id = v.opportunity_id AND v.evidence_on >= d.from_day AND v.evidence_on < d.to_day
