-- The end of the day before the period (without a start: 30 days before its last day), as a constant: known before rows
-- are read, so that only those of these days are.
(CASE WHEN $has_start THEN $start - 1 ELSE $until - 30 END)
