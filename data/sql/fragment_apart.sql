-- Opportunities of which stage_reach cannot tell by itself where they stood on $as_of:
-- closed then but reopened later (lost | no_decision | void), gone from the snapshots (deleted), put off until a
-- later day (future). `since` is the day it began. At most one row per opportunity; on the latest day a short list.
apart AS (
    SELECT opportunity_id, arg_min(kind, rank) AS kind, arg_min(since, rank) AS since
    FROM (
        SELECT opportunity_id, stage_kind::VARCHAR AS kind, entered_on AS since, 1 AS rank
        FROM stage_visit
        WHERE exit_kind = 'reopened' AND entered_on <= $as_of AND exited_on > $as_of
        UNION ALL
        SELECT gone.opportunity_id, 'deleted', max(gone.exited_on), 2
        FROM stage_visit AS gone
        WHERE gone.exit_kind = 'deleted' AND gone.exited_on <= $as_of
            AND NOT EXISTS (
                SELECT 1 FROM stage_visit AS back
                WHERE back.opportunity_id = gone.opportunity_id AND back.visit_no > gone.visit_no
                    AND back.entered_on <= $as_of)
        GROUP BY ALL
        UNION ALL
        SELECT opportunity_id, 'future', valid_from, 3
        FROM opportunity_state
        WHERE status = 'future' AND valid_from <= $as_of AND (valid_to IS NULL OR valid_to > $as_of)
            AND (wake_on IS NULL OR wake_on > $as_of)
    )
    GROUP BY opportunity_id
)
