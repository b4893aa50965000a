-- Are there any support requests up to $as_of at all?  One row.  Reads: the canonical table support_request.
SELECT count(*) > 0 AS is_known FROM (SELECT 1 FROM support_request WHERE timezone($zone, requested_at)::DATE <= $as_of LIMIT 1)
