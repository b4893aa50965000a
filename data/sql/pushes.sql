-- Opportunities that were open with an expected close in the period, and whose date was pushed (METHOD, other systems).
-- Grain: groups.  n and the others count opportunities, moves counts pushes, days adds them up, amount is that of the
-- pushed ones when they were last pushed.  The month is the one in which it was due.  Reads: opportunity_state.
WITH {pushed},
moved AS (
    SELECT {dims} opportunity_key, count(*) FILTER (days > 0) AS moves, sum(days) FILTER (days > 0) AS days,
        bool_or(is_month) AS is_month, bool_or(is_quarter) AS is_quarter, bool_or(days < 0) AS is_pulled,
        arg_max(amount_base, changed_on) FILTER (days > 0) AS amount
    FROM pushed
    GROUP BY {groups} opportunity_key
),
part AS (
    SELECT {dims} count(DISTINCT opportunity_key) AS n, 0 AS pushed, 0 AS pushed_month, 0 AS pushed_quarter, 0 AS repeated, 0 AS pulled,
        0 AS moves, NULL AS days, NULL AS amount, 0 AS amount_missing
    FROM held
    GROUP BY ({groups})
    UNION ALL
    SELECT {dims} 0, count(*) FILTER (moves > 0), count(*) FILTER (is_month), count(*) FILTER (is_quarter),
        count(*) FILTER (moves > 1), count(*) FILTER (is_pulled), sum(moves), sum(days), sum(amount) FILTER (moves > 0),
        count(*) FILTER (moves > 0 AND amount IS NULL)
    FROM moved
    GROUP BY ({groups})
)
SELECT {dims} sum(n)::BIGINT AS n, sum(pushed)::BIGINT AS pushed, sum(pushed_month)::BIGINT AS pushed_month,
    sum(pushed_quarter)::BIGINT AS pushed_quarter, sum(repeated)::BIGINT AS repeated, sum(pulled)::BIGINT AS pulled,
    sum(moves)::BIGINT AS moves, sum(days)::BIGINT AS days, sum(amount) AS amount, sum(amount_missing)::BIGINT AS amount_missing
FROM part
GROUP BY ({groups})
