-- One row per opportunity and open stage that it came to, by entering it or by passing over it (docs/architecture.md).
-- In: point, spell, stage_list. said_no as in stage_visit.sql.
-- Winning from stage 2 of 7 passes over 3..7; an opportunity created in stage 3 never came to 1 and 2.
WITH RECURSIVE height AS (
    SELECT pipeline, max(rank) AS top FROM stage_list GROUP BY ALL
), step AS (
    SELECT opportunity_id, pipeline, rank, point_no FROM point WHERE kind = 'open'
), move AS (  -- from one open stage to another or to the contract, in the same pipeline
    SELECT a.opportunity_id, a.pipeline, a.rank, b.point_no, b.day, b.kind,
           CASE WHEN b.kind = 'won' THEN top + 1 ELSE b.rank END AS to_rank
    FROM point a JOIN point b ON b.opportunity_id = a.opportunity_id AND b.point_no = a.point_no + 1
    JOIN height h ON h.pipeline = a.pipeline
    WHERE a.kind = 'open' AND b.kind IN ('open', 'won') AND b.pipeline = a.pipeline
), came AS (  -- 2 x point_no, one more where it was passed over: the smallest is the first time, entering before passing
    SELECT opportunity_id, pipeline, rank, point_no * 2 AS mark FROM step
    UNION ALL
    SELECT opportunity_id, m.pipeline, over.rank, point_no * 2 + 1
    FROM move m JOIN stage_list over ON over.pipeline = m.pipeline AND over.rank > m.rank AND over.rank < m.to_rank
    WHERE m.to_rank > m.rank + 1
), reached AS (
    SELECT opportunity_id, pipeline, rank, min(mark) // 2 AS point_no, min(mark) % 2 = 1 AS is_skipped
    FROM came GROUP BY opportunity_id, pipeline, rank
), passed AS (
    SELECT r.opportunity_id, r.pipeline, r.rank, min(s.point_no) AS passing_no
    FROM reached r JOIN point s ON s.opportunity_id = r.opportunity_id
         AND (s.point_no > r.point_no OR (r.is_skipped AND s.point_no = r.point_no))
         AND (s.kind = 'won' OR (s.kind = 'open' AND s.rank > r.rank AND s.pipeline = r.pipeline))
    GROUP BY ALL
), in_order AS (  -- stage 1 entered, then stage 2 entered after it, and so on
    SELECT opportunity_id, pipeline, rank, min(point_no) AS point_no FROM step WHERE rank = 1 GROUP BY ALL
    UNION ALL
    SELECT o.opportunity_id, o.pipeline, s.rank, min(s.point_no)
    FROM in_order o JOIN step s ON s.opportunity_id = o.opportunity_id AND s.pipeline = o.pipeline
         AND s.rank = o.rank + 1 AND s.point_no > o.point_no
    GROUP BY ALL
), won_in_order AS (
    SELECT o.opportunity_id, o.pipeline, o.rank, min(s.day) AS day
    FROM in_order o JOIN height h ON h.pipeline = o.pipeline AND h.top = o.rank
    JOIN point s ON s.opportunity_id = o.opportunity_id AND s.kind = 'won' AND s.point_no > o.point_no
    GROUP BY ALL
), back AS (  -- also to an earlier place of another pipeline
    SELECT a.opportunity_id, a.pipeline, a.rank, min(b.day) AS regressed_on
    FROM point a JOIN point b ON b.opportunity_id = a.opportunity_id AND b.point_no = a.point_no + 1
    WHERE a.kind = 'open' AND b.kind = 'open' AND b.rank <= a.rank GROUP BY ALL
), last_open AS (
    SELECT opportunity_id, max(point_no) AS point_no FROM point
    WHERE kind NOT IN ('won', 'lost', 'no_decision', 'void', 'gone') GROUP BY opportunity_id
), closing AS (  -- the first closing that was not followed by a reopening; gone counts as void: it was never decided
    SELECT p.opportunity_id, p.kind, p.day FROM point p JOIN last_open l ON l.opportunity_id = p.opportunity_id
    AND p.point_no = l.point_no + 1
)
SELECT r.opportunity_id, l.stage, l.stage_order, e.day AS reached_on, e.is_known OR r.is_skipped AS is_entry_known,
       r.is_skipped, o.point_no IS NOT NULL AS is_in_order, p.day AS passed_on,
       coalesce(n.day, w.day) AS passed_in_order_on, b.regressed_on,
       CASE WHEN passing_no IS NULL THEN c.day END AS closed_on,
       CASE WHEN passing_no IS NULL THEN CASE WHEN c.kind = 'gone' THEN 'void'::kind_name ELSE c.kind END END AS closed_kind,
       r.pipeline, d.said_no
FROM reached r
JOIN stage_list l ON l.pipeline = r.pipeline AND l.rank = r.rank
JOIN point e ON e.opportunity_id = r.opportunity_id AND e.point_no = r.point_no
LEFT JOIN passed ON passed.opportunity_id = r.opportunity_id AND passed.pipeline = r.pipeline AND passed.rank = r.rank
LEFT JOIN point p ON p.opportunity_id = r.opportunity_id AND p.point_no = passing_no
LEFT JOIN in_order o ON o.opportunity_id = r.opportunity_id AND o.pipeline = r.pipeline AND o.rank = r.rank
LEFT JOIN in_order i ON i.opportunity_id = r.opportunity_id AND i.pipeline = r.pipeline AND i.rank = r.rank + 1
LEFT JOIN point n ON n.opportunity_id = r.opportunity_id AND n.point_no = i.point_no
LEFT JOIN won_in_order w ON w.opportunity_id = r.opportunity_id AND w.pipeline = r.pipeline AND w.rank = r.rank
LEFT JOIN back b ON b.opportunity_id = r.opportunity_id AND b.pipeline = r.pipeline AND b.rank = r.rank
LEFT JOIN closing c ON c.opportunity_id = r.opportunity_id
LEFT JOIN spell d ON d.opportunity_id = r.opportunity_id AND e.evidence_on >= d.from_day AND e.evidence_on < d.to_day
