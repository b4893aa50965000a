-- The rows that could move a headline, per segment (NULL = not known): what is missing or doubtful.
-- Grain: segment.  small_amount and large_amount: the tenth and the nine-tenths point of the known amounts of what is open.
-- Each part counts its own columns of what it reads; the others are of the other parts.
-- Reads: opportunity_state, stage_visit.
WITH {standing_open}, {stock}, {gone},
open_now AS (
    SELECT segment, count(*) FILTER (amount_base IS NULL) AS open_no_amount,
        count(*) FILTER (expected_close_on < $as_of AND status IN ('open', 'paused')) AS open_overdue,
        sum(amount_base) FILTER (expected_close_on < $as_of AND status IN ('open', 'paused')) AS overdue_amount,
        quantile_cont(amount_base, [0.1, 0.9])::DOUBLE[] AS bounds
    FROM stock
    WHERE is_in
    GROUP BY segment
),
parts AS (
    SELECT segment, count(*) FILTER (closed_on IS NULL AND status = 'won') AS won_undated,
        count(*) FILTER (closed_on IS NULL AND status = 'lost') AS lost_undated
    FROM opportunity_state
    WHERE {where} AND valid_from <= $as_of AND (valid_to IS NULL OR valid_to > $as_of)
    GROUP BY segment
    UNION ALL BY NAME
    SELECT segment, count(*) AS won_uncreated
    FROM opportunity_state
    WHERE {where} AND closed_on BETWEEN $start AND $until AND status = 'won' AND created_on IS NULL
        AND valid_from <= $as_of AND (valid_to IS NULL OR valid_to > $as_of)
    GROUP BY segment
    UNION ALL BY NAME
    SELECT * FROM open_now
    UNION ALL BY NAME
    SELECT segment, count(DISTINCT opportunity_id) AS deleted FROM gone GROUP BY segment
)
SELECT coalesce(segment::VARCHAR, '(unknown)') AS segment, coalesce(sum(won_undated), 0)::BIGINT AS won_undated,
    coalesce(sum(lost_undated), 0)::BIGINT AS lost_undated, coalesce(sum(won_uncreated), 0)::BIGINT AS won_uncreated,
    coalesce(sum(open_no_amount), 0)::BIGINT AS open_no_amount, coalesce(sum(open_overdue), 0)::BIGINT AS open_overdue,
    coalesce(sum(overdue_amount), 0) AS overdue_amount, any_value(bounds)[1] AS small_amount, any_value(bounds)[2] AS large_amount,
    coalesce(sum(deleted), 0)::BIGINT AS deleted
FROM parts
GROUP BY parts.segment
