-- Won and lost opportunities closed in the period, before $cut and from that day on: against whom, and how far they had come.
-- Grain: is_after x main_competitor x pipeline x highest_order (0: no stage is known).  Reads: opportunity_state.
WITH {standing},
{closed}
SELECT
    closed_on >= $cut AS is_after, coalesce(main_competitor::VARCHAR, '(unknown)') AS main_competitor,
    pipeline::VARCHAR AS pipeline, coalesce(highest_order, 0) AS highest_order,
    count(*) FILTER (status = 'won') AS won,
    count(*) FILTER (status = 'lost') AS lost
FROM closed
WHERE status IN ('won', 'lost') AND closed_on IS NOT NULL
GROUP BY ALL
