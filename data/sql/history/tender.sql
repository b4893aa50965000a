-- When an opportunity was to be awarded to a single source.
-- Grain out: opportunity and spell. In: tender_spell (the spells of the opportunities wanted).
-- What the first snapshot says is carried back, as for the dimensions; a spell ends when the next one begins.
SELECT opportunity_id, tender_mode,
       CASE WHEN lag(seen_from) OVER by_time IS NULL THEN DATE '0001-01-01' ELSE seen_from END AS from_day,
       lead(seen_from, 1, DATE '9999-12-31') OVER by_time AS until_day
FROM tender_spell SEMI JOIN (SELECT opportunity_id FROM tender_spell WHERE tender_mode = 'single_source') USING (opportunity_id)
WINDOW by_time AS (PARTITION BY opportunity_id ORDER BY seen_from)
QUALIFY tender_mode = 'single_source'
