-- What changed on one opportunity up to $as_of.  Grain: change.  Reads: opportunity_change.
SELECT field, old_value, new_value, changed_lo, changed_on FROM opportunity_change
WHERE opportunity_id = $opportunity_id AND changed_on <= $as_of
ORDER BY changed_on, field
