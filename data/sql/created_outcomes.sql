-- What had become by $as_of of the opportunities created in the period (win.created_cohort).
-- Grain: groups.  Reads: opportunity_state.
WITH {standing},
{created}
SELECT
    {dims}
    count(*) FILTER (status <> 'void') AS n,
    count(*) FILTER (status = 'won') AS won,
    count(*) FILTER (status = 'lost') AS lost,
    count(*) FILTER (status = 'no_decision') AS no_decision,
    count(*) FILTER (status IN ('open', 'paused', 'future')) AS open,
    count(*) FILTER (status = 'void') AS void,
    sum(amount_base) FILTER (status = 'won') AS won_amount,
    sum(amount_base) FILTER (status = 'lost') AS lost_amount,
    count(*) FILTER (status = 'won' AND amount_base IS NULL) AS won_amount_missing,
    count(*) FILTER (status = 'lost' AND amount_base IS NULL) AS lost_amount_missing
FROM created
GROUP BY ({groups})
