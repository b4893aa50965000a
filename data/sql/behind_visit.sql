-- The opportunities behind a mark of the days in a stage, with the days of their longest visit.  Grain: opportunity.
-- $outcome: n | open (still there) | left | an exit kind.  $longer: only visits of more days than this.
WITH {visit},
spent AS (SELECT *, {days} AS spent_days FROM visit WHERE is_entry_known)
SELECT opportunity_id, max(spent_days)::BIGINT AS days
FROM spent
WHERE {mark} AND spent_days >= 0 AND spent_days > $longer AND CASE $outcome
    WHEN 'n' THEN true
    WHEN 'open' THEN outcome IS NULL
    WHEN 'left' THEN outcome IS NOT NULL AND outcome <> 'deleted'
    ELSE outcome::VARCHAR = $outcome END
GROUP BY opportunity_id
