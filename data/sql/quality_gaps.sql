-- The rows that could move a headline, per segment (NULL = not known): what is missing or doubtful.
-- Grain: segment.  small_amount and large_amount: the tenth and the nine-tenths point of the known amounts of what is open.
-- Reads: opportunity_state, stage_visit.
WITH {standing_open}, {stock}, {gone},
seen AS (
    SELECT DISTINCT segment FROM opportunity_state
    WHERE {where} AND valid_from <= $as_of AND (valid_to IS NULL OR valid_to > $as_of)
),
undated AS (
    SELECT segment, count(*) FILTER (status = 'won') AS won_undated, count(*) FILTER (status = 'lost') AS lost_undated
    FROM opportunity_state
    WHERE {where} AND closed_on IS NULL AND status IN ('won', 'lost') AND valid_from <= $as_of AND (valid_to IS NULL OR valid_to > $as_of)
    GROUP BY segment
),
uncreated AS (
    SELECT segment, count(*) AS won_uncreated
    FROM opportunity_state
    WHERE {where} AND closed_on BETWEEN $start AND $until AND status = 'won' AND created_on IS NULL
        AND valid_from <= $as_of AND (valid_to IS NULL OR valid_to > $as_of)
    GROUP BY segment
),
open_now AS (
    SELECT segment, count(*) FILTER (amount_base IS NULL) AS open_no_amount,
        count(*) FILTER (expected_close_on < $as_of AND status IN ('open', 'paused')) AS open_overdue,
        sum(amount_base) FILTER (expected_close_on < $as_of AND status IN ('open', 'paused')) AS overdue_amount,
        quantile_cont(amount_base, 0.1)::DOUBLE AS small_amount, quantile_cont(amount_base, 0.9)::DOUBLE AS large_amount
    FROM stock
    WHERE is_in
    GROUP BY segment
),
vanished AS (SELECT segment, count(DISTINCT opportunity_id) AS deleted FROM gone GROUP BY segment)
SELECT coalesce(every.segment::VARCHAR, '(unknown)') AS segment, coalesce(won_undated, 0) AS won_undated,
    coalesce(lost_undated, 0) AS lost_undated, coalesce(won_uncreated, 0) AS won_uncreated,
    coalesce(open_no_amount, 0) AS open_no_amount, coalesce(open_overdue, 0) AS open_overdue, coalesce(overdue_amount, 0) AS overdue_amount, small_amount, large_amount,
    coalesce(deleted, 0) AS deleted
FROM (SELECT segment FROM seen UNION SELECT segment FROM vanished) AS every
LEFT JOIN undated ON undated.segment IS NOT DISTINCT FROM every.segment
LEFT JOIN uncreated ON uncreated.segment IS NOT DISTINCT FROM every.segment
LEFT JOIN open_now ON open_now.segment IS NOT DISTINCT FROM every.segment
LEFT JOIN vanished ON vanished.segment IS NOT DISTINCT FROM every.segment
