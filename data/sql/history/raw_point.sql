-- All that is known of when an opportunity came to a stage, in time order.
-- Grain out: one row per opportunity and point of its story: stage events, stages seen in snapshots, absence ('gone').
-- In: event, segment, spell, created (opportunity_id, created_on), snapshot_day, stage_list.
-- The entry lies in (lo, day]; lo = day says that the day is exact; lo NULL with is_known false: nobody knows.
WITH span AS (
    SELECT opportunity_id, min(day) AS first_event, max(day) AS last_event FROM event GROUP BY opportunity_id
), placed AS (
    SELECT s.*, first_event, last_event, created_on, e.day AS event_day,
           b.day AS previous_day, b.kind AS previous_kind, b.is_by_status AS after_status
    FROM segment s
    LEFT JOIN span USING (opportunity_id)
    LEFT JOIN created USING (opportunity_id)
    ASOF LEFT JOIN (SELECT DISTINCT opportunity_id, day FROM event) e ON e.opportunity_id = s.opportunity_id AND s.day >= e.day
    LEFT JOIN segment b ON b.opportunity_id = s.opportunity_id AND b.segment_no = s.segment_no - 1
), believed AS (
    -- Events win as far as they reach. Inside their reach a snapshot can only add what events cannot know: a closing
    -- by status, an absence, and the return from either. On the day of the last event the export may have been
    -- taken before it: only a stage that the events do not know is news.
    SELECT * FROM placed p
    WHERE first_event IS NULL OR day < first_event OR day > last_event OR kind = 'gone' OR is_by_status
       OR (day = last_event AND NOT EXISTS (FROM event x WHERE x.opportunity_id = p.opportunity_id
                                            AND p.stage IN (x.stage, x.from_stage)))
       OR ((previous_kind = 'gone' OR after_status) AND event_day IS DISTINCT FROM day
           AND coalesce(event_day <= previous_day, true))
), dated AS (
    -- A date of the CRM is believed between the day before which the opportunity was elsewhere and the snapshot.
    SELECT *, greatest(previous_day, event_day, CASE WHEN created_on <= day THEN created_on END) AS earliest FROM believed
), told AS (
    SELECT *, CASE WHEN kind = 'gone' THEN NULL
                   WHEN crm_first <= day AND coalesce(crm_first >= earliest, true) THEN crm_first
                   WHEN crm_second <= day AND coalesce(crm_second >= earliest, true) THEN crm_second END AS crm_day
    FROM dated
), first_event AS (
    SELECT e.*, c.created_on, s.seen_from, s.seen_until FROM event e
    LEFT JOIN created c USING (opportunity_id)
    ASOF LEFT JOIN spell s ON s.opportunity_id = e.opportunity_id AND s.seen_from < e.day
    WHERE event_no = 1
), came_from AS (
    -- The stage before the first event: since creation, or since the last snapshot before it.
    SELECT f.opportunity_id, coalesce(p.pipeline, h.pipeline) AS pipeline, f.from_stage AS stage, f.day AS event_day,
           f.created_on, CASE WHEN f.seen_from IS NULL THEN NULL
                              WHEN f.seen_until IS NULL OR f.seen_until >= f.day THEN b.day ELSE u.before END AS last_seen
    FROM first_event f
    LEFT JOIN stage_list p ON p.pipeline = f.pipeline AND p.stage = f.from_stage
    LEFT JOIN stage_home h ON h.stage = f.from_stage
    ASOF LEFT JOIN snapshot_day b ON b.day < f.day
    LEFT JOIN snapshot_day u ON u.day = f.seen_until
    WHERE f.from_stage <> f.stage
), point AS (
    SELECT opportunity_id, pipeline, stage, NULL::kind_name AS absent, day, day AS lo, instant, true AS is_known,
           'history'::source_name AS time_source, 1::TINYINT AS class, event_no::INT AS place, NULL::DATE AS seen_on
    FROM event
    UNION ALL
    SELECT opportunity_id, pipeline, stage, NULL,
           CASE WHEN last_seen IS NULL AND created_on <= event_day THEN created_on ELSE event_day END,
           CASE WHEN last_seen IS NOT NULL THEN last_seen WHEN created_on <= event_day THEN created_on END, NULL,
           last_seen IS NOT NULL OR coalesce(created_on <= event_day, false),
           CASE WHEN last_seen IS NULL AND created_on <= event_day THEN 'crm_field'::source_name ELSE 'history'::source_name END, 0, 0, NULL
    FROM came_from
    UNION ALL
    SELECT opportunity_id, pipeline, stage, CASE WHEN kind = 'gone' THEN kind END,
           coalesce(crm_day, day), CASE WHEN crm_day IS NOT NULL THEN crm_day ELSE greatest(before, event_day - 1) END, NULL,
           true, CASE WHEN crm_day IS NULL THEN 'snapshot'::source_name ELSE 'crm_field'::source_name END, 2, segment_no, day
    FROM told
)
SELECT opportunity_id, p.pipeline, p.stage, coalesce(absent, l.kind) AS kind, l.stage_order, l.rank, day,
       CASE WHEN lo = day - 1 THEN day ELSE lo END AS lo, instant, is_known, time_source, seen_on,
       row_number() OVER (PARTITION BY opportunity_id ORDER BY day, class, place)::INT AS raw_no
FROM point p LEFT JOIN stage_list l ON l.pipeline = p.pipeline AND l.stage = p.stage
