-- The opportunities behind a mark of conversion.cohort or .stock.  Grain: opportunity.
-- $outcome: n | reached | lost | open | no_decision | regressed | skipped | void | deleted | future
WITH {cohort}
SELECT DISTINCT opportunity_id, NULL::BIGINT AS days
FROM counted
WHERE {mark} AND CASE $outcome
    WHEN 'reached' THEN is_passed
    WHEN 'lost' THEN is_in AND NOT is_passed AND status_after IN ('lost', 'no_decision')
    WHEN 'open' THEN is_in AND NOT is_passed AND status_after IN ('open', 'paused')
    WHEN 'regressed' THEN is_in AND exit_kind = 'regress' AND exited_on <= $until
    WHEN 'skipped' THEN is_in AND exit_kind = 'skip' AND exited_on <= $until
    WHEN 'n' THEN is_in
    ELSE NOT is_passed AND status_after = $outcome END
