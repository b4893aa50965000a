-- What has been recorded by $as_of, so that a rule can be judged at all: one row.  Reads: canonical tables.
SELECT
    (SELECT timezone($zone, min(occurred_at))::DATE FROM activity WHERE occurred_at < $midnight) AS activities_from,
    EXISTS (SELECT 1 FROM support_request WHERE requested_at < $midnight) AS has_support,
    EXISTS (SELECT 1 FROM opportunity_week WHERE as_of_on <= $as_of)
        OR EXISTS (SELECT 1 FROM opportunity_state WHERE main_competitor IS NOT NULL AND valid_from <= $as_of) AS has_rivals,
    (SELECT coalesce(list(pipeline::VARCHAR ORDER BY pipeline), []) FROM (
        SELECT DISTINCT pipeline FROM stage_visit  -- as coded: text would be put together three million times
        WHERE exit_kind IN ('advance', 'skip', 'regress') AND exited_on <= $as_of)) AS stepped
