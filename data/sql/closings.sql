-- Opportunities that stood closed on $as_of and were closed in the period (METHOD B7).
-- Grain: groups.  "stage" is the open stage from which it was closed.  Reads: opportunity_state.
WITH {standing},
{closed}
SELECT
    {dims}
    count(*) FILTER (status = 'won') AS won,
    count(*) FILTER (status = 'lost') AS lost,
    count(*) FILTER (status = 'no_decision') AS no_decision,
    count(*) FILTER (status = 'void') AS void,
    sum(amount_base) FILTER (status = 'won') AS won_amount,
    sum(amount_base) FILTER (status = 'lost') AS lost_amount,
    sum(amount_base * amount_base::DOUBLE) FILTER (status = 'won') AS won_amount_square,
    sum(amount_base * amount_base::DOUBLE) FILTER (status = 'lost') AS lost_amount_square,
    count(*) FILTER (status = 'won' AND amount_base IS NULL) AS won_amount_missing,
    count(*) FILTER (status = 'lost' AND amount_base IS NULL) AS lost_amount_missing
FROM closed
GROUP BY ({groups})
