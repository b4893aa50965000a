-- The ratio of our strength to that of the strongest assessed rival, from the scores of a week (NULL: no such rival), and
-- its band: 0 below $fragment_from, 1 below $flanking_from, 2 below $frontal_from, 3 from there on.
rated AS (
    SELECT *, CASE WHEN ratio IS NOT NULL
        THEN (ratio >= $fragment_from)::INT + (ratio >= $flanking_from)::INT + (ratio >= $frontal_from)::INT END AS band
    FROM (SELECT *, CASE WHEN need_1 IS NOT NULL THEN
            pow(greatest($floor, need_us) / greatest($floor, need_1), $need_weight)
            * pow(greatest($floor, closeness_us) / greatest($floor, closeness_1), $closeness_weight) END AS ratio
        FROM scored)
)
