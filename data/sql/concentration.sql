-- How much of the open pipeline the largest accounts hold (top-10 share, Herfindahl index).  Grain: groups.
-- Only what has an account and an amount is in accounts, known, top and squares.  Reads: opportunity_state.
WITH {standing_open}, {stock},
held AS (
    SELECT {dims} account_id, count(*) AS n, sum(amount_base) AS amount,
        count(*) FILTER (amount_base IS NULL) AS amount_missing,
        CASE WHEN account_id IS NULL THEN count(*) ELSE 0 END AS without_account
    FROM stock WHERE is_in
    GROUP BY {groups} account_id
),
ranked AS (
    SELECT *, account_id IS NOT NULL AND amount > 0 AS is_known,
        row_number() OVER (PARTITION BY {dims} account_id IS NOT NULL AND amount > 0 ORDER BY amount DESC) AS place
    FROM held
)
SELECT {dims} sum(n)::BIGINT AS n, sum(amount) AS amount, sum(amount_missing)::BIGINT AS amount_missing,
    sum(without_account)::BIGINT AS without_account, count(*) FILTER (is_known) AS accounts,
    sum(amount) FILTER (is_known) AS known_amount, sum(amount) FILTER (is_known AND place <= 10) AS top_amount,
    sum(amount::DOUBLE * amount::DOUBLE) FILTER (is_known) AS amount_squares
FROM ranked
GROUP BY ({groups})
