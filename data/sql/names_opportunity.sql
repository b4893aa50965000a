-- Names of the given opportunities in one snapshot.  Grain: opportunity.  Reads: the canonical table opportunity.
SELECT opportunity_id AS id, name FROM opportunity WHERE snapshot_date = $snapshot AND list_contains($ids, opportunity_id)
