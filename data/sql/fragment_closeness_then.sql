-- Closeness then, of the won and lost: to the deciders as assessed, and of the account (unknown in the first weeks of
-- the records, when nobody can have been reached yet).
close_then AS (
    SELECT asked.opportunity_id, coalesce(asked.account_id::VARCHAR, asked.opportunity_id) AS cluster, y,
        unnest(['project', 'account']) AS source, unnest([o.closeness_us, a.closeness]) AS closeness
    FROM asked
    LEFT JOIN opportunity_week o ON o.opportunity_id = asked.opportunity_id AND o.week = asked.week
    LEFT JOIN account_week a ON a.account_id = asked.account_id AND a.week = asked.week
        AND NOT coalesce(a.is_short_history, false)
    WHERE is_decided
)
