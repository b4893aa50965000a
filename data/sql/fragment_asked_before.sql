-- The won, lost and undecided opportunities of the period, $days before they were closed, where they were open then.
-- `week`: the last one that was over on that day.  $pipelines, $stages, $promised: the settings' default probabilities.
asked AS (
    SELECT opportunity_id, account_id, (status = 'won')::DOUBLE AS y, status <> 'no_decision' AS is_decided, closed_on,
        closed_on - $days::INTEGER AS asked_on, date_trunc('week', closed_on - $days::INTEGER - 6)::DATE AS week
    FROM closed
    WHERE status IN ('won', 'lost', 'no_decision') AND closed_on IS NOT NULL
)
