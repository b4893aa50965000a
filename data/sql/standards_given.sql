-- The organisation's own standards.  Grain: metric x segment x stage x year.  Reads: the canonical table standard.
SELECT metric, segment, stage, value, year, source_url, definition, quality FROM standard
ORDER BY metric, segment NULLS FIRST, stage NULLS FIRST, year
