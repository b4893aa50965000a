-- The opportunities behind a problem of the data.  Grain: opportunity.  $problem: no_amount | overdue | no_segment | undated |
-- uncreated | deleted | entry_unknown | listed (those of $ids).  $segment: only of that one ('(unknown)': of none).
WITH {standing}, {stock}, {gone},
picked AS (
    SELECT opportunity_id, segment FROM stock
    WHERE is_in AND CASE $problem WHEN 'no_amount' THEN amount_base IS NULL WHEN 'no_segment' THEN segment IS NULL
        WHEN 'overdue' THEN expected_close_on < $as_of AND status IN ('open', 'paused')
        WHEN 'listed' THEN list_contains($ids, opportunity_id) ELSE false END
    UNION
    SELECT opportunity_id, segment FROM standing
    WHERE CASE $problem WHEN 'undated' THEN status IN ('won', 'lost') AND closed_on IS NULL
        WHEN 'uncreated' THEN status = 'won' AND created_on IS NULL AND closed_on BETWEEN $start AND $until
        WHEN 'no_segment' THEN segment IS NULL AND status IN ('won', 'lost') AND closed_on BETWEEN $start AND $until
        ELSE false END
    UNION
    SELECT opportunity_id, segment FROM gone WHERE $problem = 'deleted'
    UNION
    SELECT opportunity_id, segment FROM stage_reach
    WHERE $problem = 'entry_unknown' AND {where} AND stage_order = 1 AND NOT is_entry_known AND reached_on BETWEEN $start AND $until
)
SELECT opportunity_id, NULL::BIGINT AS days
FROM picked
WHERE $segment IS NULL OR coalesce(segment::VARCHAR, '(unknown)') = $segment
