-- One row per opportunity and open stage that it came to, by entering it or by passing over it (docs/architecture.md).
-- In: point, spell, stage_list. said_no as in stage_visit.sql.
-- Winning from stage 2 of 7 passes over 3..7; an opportunity created in stage 3 never came to 1 and 2.
WITH RECURSIVE step AS (
    SELECT opportunity_id, point_no, pipeline, stage, rank, kind, day, is_known, evidence_on,
           lag(kind) OVER w AS from_kind, lag(rank) OVER w AS from_rank, lag(pipeline) OVER w AS from_pipeline,
           lead(rank) OVER w AS to_rank, lead(kind) OVER w AS to_kind, lead(day) OVER w AS to_day
    FROM point WINDOW w AS (PARTITION BY opportunity_id ORDER BY point_no)
), height AS (
    SELECT pipeline, max(rank) AS top FROM stage_list GROUP BY ALL
), came AS (
    SELECT opportunity_id, pipeline, rank, point_no, day, is_known, false AS is_skipped, evidence_on FROM step WHERE kind = 'open'
    UNION ALL
    SELECT opportunity_id, s.pipeline, over.rank, point_no, day, true, true, evidence_on
    FROM step s JOIN height h USING (pipeline)
    JOIN stage_list over ON over.pipeline = s.pipeline AND over.rank > s.from_rank
         AND over.rank < CASE WHEN s.kind = 'won' THEN h.top + 1 ELSE s.rank END
    WHERE s.from_kind = 'open' AND s.kind IN ('open', 'won') AND s.from_pipeline = s.pipeline
), reached AS (
    SELECT * FROM came
    QUALIFY row_number() OVER (PARTITION BY opportunity_id, pipeline, rank ORDER BY point_no, is_skipped) = 1
), passed AS (
    SELECT r.opportunity_id, r.pipeline, r.rank, min(s.point_no) AS passing_no
    FROM reached r JOIN step s ON s.opportunity_id = r.opportunity_id
         AND (s.point_no > r.point_no OR (r.is_skipped AND s.point_no = r.point_no))
         AND (s.kind = 'won' OR (s.kind = 'open' AND s.rank > r.rank AND s.pipeline = r.pipeline))
    GROUP BY ALL
), in_order AS (  -- stage 1 entered, then stage 2 entered after it, and so on
    SELECT opportunity_id, pipeline, rank, min(point_no) AS point_no FROM step WHERE kind = 'open' AND rank = 1 GROUP BY ALL
    UNION ALL
    SELECT o.opportunity_id, o.pipeline, s.rank, min(s.point_no)
    FROM in_order o JOIN step s ON s.opportunity_id = o.opportunity_id AND s.pipeline = o.pipeline
         AND s.kind = 'open' AND s.rank = o.rank + 1 AND s.point_no > o.point_no
    GROUP BY ALL
), won_in_order AS (
    SELECT o.opportunity_id, o.pipeline, o.rank, min(s.day) AS day
    FROM in_order o JOIN height h ON h.pipeline = o.pipeline AND h.top = o.rank
    JOIN step s ON s.opportunity_id = o.opportunity_id AND s.kind = 'won' AND s.point_no > o.point_no
    GROUP BY ALL
), back AS (
    SELECT opportunity_id, pipeline, rank, min(to_day) AS regressed_on
    FROM step WHERE kind = 'open' AND to_kind = 'open' AND to_rank <= rank GROUP BY ALL
), closing AS (  -- the first closing that was not followed by a reopening; gone counts as void: it was never decided
    SELECT opportunity_id, arg_min(kind, point_no) AS kind, min(point_no) AS point_no, min(day) AS day
    FROM (SELECT *, max(CASE WHEN kind NOT IN ('won', 'lost', 'no_decision', 'void', 'gone') THEN point_no END)
                    OVER (PARTITION BY opportunity_id) AS last_open FROM step)
    WHERE point_no > coalesce(last_open, 0) GROUP BY opportunity_id
)
SELECT r.opportunity_id, l.stage, l.stage_order, r.day AS reached_on, r.is_known AS is_entry_known, r.is_skipped,
       o.point_no IS NOT NULL AS is_in_order, p.day AS passed_on, coalesce(n.day, w.day) AS passed_in_order_on, b.regressed_on,
       CASE WHEN passing_no IS NULL THEN c.day END AS closed_on,
       CASE WHEN passing_no IS NULL THEN CASE c.kind WHEN 'gone' THEN 'void' ELSE c.kind END END AS closed_kind,
       r.pipeline, d.said_no
FROM reached r
JOIN stage_list l ON l.pipeline = r.pipeline AND l.rank = r.rank
LEFT JOIN passed ON passed.opportunity_id = r.opportunity_id AND passed.pipeline = r.pipeline AND passed.rank = r.rank
LEFT JOIN step p ON p.opportunity_id = r.opportunity_id AND p.point_no = passing_no
LEFT JOIN in_order o ON o.opportunity_id = r.opportunity_id AND o.pipeline = r.pipeline AND o.rank = r.rank
LEFT JOIN in_order i ON i.opportunity_id = r.opportunity_id AND i.pipeline = r.pipeline AND i.rank = r.rank + 1
LEFT JOIN step n ON n.opportunity_id = r.opportunity_id AND n.point_no = i.point_no
LEFT JOIN won_in_order w ON w.opportunity_id = r.opportunity_id AND w.pipeline = r.pipeline AND w.rank = r.rank
LEFT JOIN back b ON b.opportunity_id = r.opportunity_id AND b.pipeline = r.pipeline AND b.rank = r.rank
LEFT JOIN closing c ON c.opportunity_id = r.opportunity_id
LEFT JOIN spell d ON d.opportunity_id = r.opportunity_id AND r.evidence_on >= d.from_day AND r.evidence_on < d.to_day
