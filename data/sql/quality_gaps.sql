-- The rows that could move a headline, per segment (NULL = not known): what is missing or doubtful.
-- Grain: segment.  small_amount and large_amount: the tenth and the nine-tenths point of the known amounts of what is open.
-- Reads: opportunity_state, stage_visit.
WITH {standing}, {stock}, {gone},
counted AS (
    SELECT segment, count(*) FILTER (status = 'won' AND closed_on IS NULL) AS won_undated,
        count(*) FILTER (status = 'lost' AND closed_on IS NULL) AS lost_undated,
        count(*) FILTER (status = 'won' AND created_on IS NULL AND closed_on BETWEEN $start AND $until) AS won_uncreated
    FROM standing
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
FROM (SELECT segment FROM counted UNION SELECT segment FROM vanished) AS every
LEFT JOIN counted ON counted.segment IS NOT DISTINCT FROM every.segment
LEFT JOIN open_now ON open_now.segment IS NOT DISTINCT FROM every.segment
LEFT JOIN vanished ON vanished.segment IS NOT DISTINCT FROM every.segment
