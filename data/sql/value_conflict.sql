-- Companies in which we and a partner sell at the same time (METHOD B18), at the end of each of $days: an open direct and an
-- open channel opportunity of one company, known by its code (18 characters, as compared in fragment_account_now) or its account.
-- Grain: groups x day; looked for within each group.  n: open, mode and company known; unmeasured: open, one of them not known.
-- events, amount: opportunities in conflict; companies, pairs: how many.  Reads: opportunity_state, account.
WITH asked AS (SELECT unnest($days::DATE[]) AS day),
held_account AS (SELECT * FROM account),
{account_now},
stood AS (
    SELECT opportunity_state.*, day, date_trunc('month', day)::DATE AS month,
        coalesce(CASE WHEN length(code) = 18 THEN code END, account_id::VARCHAR) AS company
    FROM opportunity_state CROSS JOIN asked LEFT JOIN account_now USING (account_id)
    WHERE {where} AND valid_from <= day AND (valid_to IS NULL OR valid_to > day)
        AND closed_on IS NULL AND (valid_to IS NULL OR valid_to > list_min($days::DATE[]))
        AND (status IN ('open', 'paused') OR (status = 'future' AND coalesce(wake_on <= day, false)))
),
held AS (
    SELECT {dims} day, company, count(*) AS open,
        count(*) FILTER (company IS NOT NULL AND sales_mode IS NOT NULL) AS n,
        count(*) FILTER (sales_mode = 'direct') AS direct, count(*) FILTER (sales_mode = 'channel') AS channel,
        sum(amount_base) FILTER (sales_mode IN ('direct', 'channel')) AS amount,
        company IS NOT NULL AND direct > 0 AND channel > 0 AS is_conflict
    FROM stood
    GROUP BY {groups} day, company
)
SELECT {dims} day, sum(n)::BIGINT AS n, sum(open - n)::BIGINT AS unmeasured,
    coalesce(sum(direct + channel) FILTER (is_conflict), 0)::BIGINT AS events,
    count(*) FILTER (is_conflict) AS companies, coalesce(sum(direct * channel) FILTER (is_conflict), 0)::BIGINT AS pairs,
    sum(amount) FILTER (is_conflict) AS amount
FROM held
GROUP BY {groups} day
