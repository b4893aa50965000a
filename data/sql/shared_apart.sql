-- Opportunities of which stage_reach cannot tell by itself where they stood on $as_of:
-- closed then but reopened later (with the first closing of that time), gone from the snapshots while open (deleted),
-- put off until a later day (future). `since` is the day it began. One row each; on the latest day a short list.
-- What became of them is told whoever has them; only those that the viewer may see at some stage are in it.
WITH closed_then AS (
    SELECT opportunity_key, arg_min(stage_kind::VARCHAR, visit_no) AS kind, min(entered_on) AS since
    FROM (
        SELECT opportunity_key, visit_no, stage_kind, entered_on, stage_kind IN ('won', 'lost', 'no_decision', 'void') AS is_closing,
            max(CASE WHEN stage_kind NOT IN ('won', 'lost', 'no_decision', 'void') THEN visit_no END)
                OVER (PARTITION BY opportunity_key) AS last_open
        FROM stage_visit
        WHERE entered_on <= $as_of AND opportunity_key IN (
            SELECT opportunity_key FROM stage_visit
            WHERE stage_kind IN ('won', 'lost', 'no_decision', 'void') AND entered_on <= $as_of AND exited_on > $as_of
                AND exit_kind <> 'deleted')
    )
    WHERE is_closing AND visit_no > coalesce(last_open, 0)
    GROUP BY opportunity_key
),
gone AS (
    SELECT opportunity_key, 'deleted' AS kind, exited_on AS since
    FROM stage_visit AS was
    WHERE exit_kind = 'deleted' AND exited_on <= $as_of AND stage_kind NOT IN ('won', 'lost', 'no_decision', 'void')
        AND NOT EXISTS (
            SELECT 1 FROM stage_visit AS back
            WHERE back.opportunity_key = was.opportunity_key AND back.visit_no > was.visit_no AND back.entered_on <= $as_of)
),
later AS (
    SELECT opportunity_key, 'future' AS kind, valid_from AS since
    FROM opportunity_state
    WHERE status = 'future' AND closed_on IS NULL AND valid_from <= $as_of AND (valid_to IS NULL OR valid_to > $as_of)
        AND (wake_on IS NULL OR wake_on > $as_of)
),
apart AS (
    SELECT * FROM closed_then
    UNION ALL SELECT * FROM gone
    UNION ALL SELECT * FROM later ANTI JOIN (SELECT opportunity_key FROM gone) USING (opportunity_key)
)
SELECT * FROM apart WHERE opportunity_key IN (SELECT opportunity_key FROM stage_reach WHERE {where} AND reached_on <= $as_of)
