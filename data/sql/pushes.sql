-- Opportunities that were open with an expected close in the period, and whose date was pushed (METHOD, other systems).
-- Grain: groups.  n and the others count opportunities, moves counts pushes, days adds them up, amount is that of the
-- pushed ones when they were last pushed.  The month is the one in which it was due.  Reads: opportunity_state.
WITH {pushed},
told AS (
    SELECT {dims} opportunity_key, NULL::DATE AS changed_on, 0 AS days, false AS is_month, false AS is_quarter, NULL AS amount
    FROM held
    UNION ALL
    SELECT {dims} opportunity_key, changed_on, days, is_month, is_quarter, amount_base FROM pushed
),
each AS (
    SELECT {dims} opportunity_key, count(*) FILTER (days > 0) AS moves, sum(days) FILTER (days > 0) AS days,
        bool_or(is_month) AS is_month, bool_or(is_quarter) AS is_quarter, bool_or(days < 0) AS is_pulled,
        arg_max(amount, changed_on) FILTER (days > 0) AS amount
    FROM told
    GROUP BY {groups} opportunity_key
)
SELECT {dims} count(*) AS n, count(*) FILTER (moves > 0) AS pushed, count(*) FILTER (is_month) AS pushed_month,
    count(*) FILTER (is_quarter) AS pushed_quarter, count(*) FILTER (moves > 1) AS repeated,
    count(*) FILTER (is_pulled) AS pulled, sum(moves)::BIGINT AS moves, sum(days)::BIGINT AS days,
    sum(amount) FILTER (moves > 0) AS amount, count(*) FILTER (moves > 0 AND amount IS NULL) AS amount_missing
FROM each
GROUP BY ({groups})
