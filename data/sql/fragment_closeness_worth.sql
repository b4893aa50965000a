-- Every account as it stands in the last week that ended by $as_of (shared_closeness.sql), and what is open with it.
-- row_no: by which the rest of few of them is looked up.
seen AS (SELECT *, rowid AS row_no FROM {shared_closeness} WHERE {where}),
worth AS (
    SELECT account_id, count(*) AS n_open, sum(amount_base) AS amount_base FROM standing
    WHERE status IN ('open', 'paused') OR (status = 'future' AND coalesce(wake_on <= $as_of, false)) GROUP BY account_id
)
