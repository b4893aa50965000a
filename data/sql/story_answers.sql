-- How far the checklists of one opportunity were met, after each day of answers up to $as_of: the mean of the latest known
-- answers per kind, 0 to 100.  Grain: kind x day.  Reads: checklist.
WITH answer AS (
    SELECT kind, item, assessed_on, max(value) AS value FROM checklist
    WHERE opportunity_id = $opportunity_id AND assessed_on <= $as_of AND value IS NOT NULL GROUP BY kind, item, assessed_on
), day AS (SELECT DISTINCT kind, assessed_on FROM answer)
SELECT kind, assessed_on, 100 * avg(value) AS score, count(*) AS known
FROM (
    SELECT d.kind, d.assessed_on, a.item, arg_max(a.value, a.assessed_on) AS value
    FROM day d JOIN answer a ON a.kind = d.kind AND a.assessed_on <= d.assessed_on
    GROUP BY d.kind, d.assessed_on, a.item)
GROUP BY kind, assessed_on
ORDER BY kind, assessed_on
