-- Presales hours so far on what is open on $as_of, per seller (METHOD B18, B19).
-- Grain: segment x team x seller.  Reads: opportunity_state, the canonical table support_request.
WITH {standing_open}, {stock}, {request},
spent AS (SELECT asked_for AS opportunity_id, sum(hours) AS hours, count(*) AS requests FROM request GROUP BY asked_for)
SELECT coalesce(segment::VARCHAR, '(unknown)') AS segment, coalesce(team::VARCHAR, '(unknown)') AS team, owner_id,
    count(*) AS n, coalesce(sum(requests), 0) AS requests, coalesce(sum(hours), 0) AS hours
FROM stock
LEFT JOIN spent USING (opportunity_id)
WHERE is_in AND owner_id IS NOT NULL
GROUP BY ALL
