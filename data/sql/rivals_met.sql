-- Against whom: open opportunities by the strongest assessed rival, and how the comparison stands there.
-- Grain: rival x groups.  Reads: opportunity_state, opportunity_week.  p_rival: the rival's own share.
WITH {compared}
SELECT {dims} c.rival_1 AS rival, count(*) AS n, count(*) FILTER (c.is_leading) AS leading, sum(amount_base) AS amount,
    sum(c.p_us) AS p_us_sum, sum(c.p_1) AS p_rival_sum, sum(c.need_us) AS need_us_sum, sum(c.need_1) AS need_rival_sum,
    sum(c.closeness_us) AS closeness_us_sum, sum(c.closeness_1) AS closeness_rival_sum
FROM compared
WHERE c.rival_1 IS NOT NULL
GROUP BY {groups} rival
