-- The same from the latest snapshot, out of memory.  Grain: opportunity.
SELECT opportunity_id AS id, name FROM latest_name
WHERE key IN (SELECT hash(unnest($ids::VARCHAR[]))) AND opportunity_id IN (SELECT unnest($ids::VARCHAR[]))
