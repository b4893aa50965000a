-- How an opportunity was being awarded from a day on, of those that were ever single-source.
-- Grain out: opportunity and spell. In: tender_spell (the spells of the opportunities wanted).
-- What the first snapshot says is carried back, as for the dimensions.
SELECT opportunity_id, tender_mode,
       CASE WHEN row_number() OVER (PARTITION BY opportunity_id ORDER BY seen_from) = 1 THEN DATE '0001-01-01'
            ELSE seen_from END AS from_day
FROM tender_spell SEMI JOIN (SELECT opportunity_id FROM tender_spell WHERE tender_mode = 'single_source') USING (opportunity_id)
