-- Open opportunities that may be recorded twice (METHOD B16): same product line and type, and the same company code, the
-- same name, the same account, or (in the same region) a similar name.
-- Grain: kind (code | name | account | similar) x first record x other record.  Reads: opportunity_state, account.
-- Similar = 1 - edits / length >= $similarity, the digits in both names the same. Compared are names that begin or end with the same three
-- letters or have them in the middle, and only in blocks of up to $largest_block deals: never everybody with everybody.
WITH {standing_open}, {stock},
held_account AS (SELECT * FROM account WHERE account_id IN (SELECT account_id::VARCHAR FROM stock WHERE is_in)),
{account_now},
deal AS (
    SELECT stock.*, plain, code, coalesce(product_line::VARCHAR, '') AS line, coalesce(type::VARCHAR, '') AS sort,
        regexp_replace(plain, '(股份有限公司|有限责任公司|有限公司|集团|公司|COLTD|LTD|INC|LLC|GMBH|CORP)+$', '') AS stem
    FROM stock
    LEFT JOIN account_now USING (account_id)
    WHERE is_in AND account_id IS NOT NULL
),
same AS (
    SELECT kind, value, line, sort, arg_min(opportunity_id, (created_on, opportunity_id)) AS first_id
    FROM (
        SELECT unnest(['code', 'name', 'account']) AS kind, unnest([code, plain, account_id::VARCHAR]) AS value, line, sort,
            created_on, opportunity_id
        FROM deal)
    WHERE value IS NOT NULL
    GROUP BY kind, value, line, sort
    HAVING count(*) > 1
),
block AS (
    SELECT *, count(*) OVER (PARTITION BY region, line, sort, side, letters) AS size
    FROM (
        SELECT opportunity_id, region, line, sort, plain, unnest(['begin', 'middle', 'end']) AS side,
            unnest([left(stem, 3), substr(stem, length(stem) // 2, 3), right(stem, 3)]) AS letters
        FROM deal
        WHERE region IS NOT NULL AND length(plain) >= 5)
),
alike AS (
    SELECT DISTINCT least(a.opportunity_id, b.opportunity_id) AS first_id, greatest(a.opportunity_id, b.opportunity_id) AS other_id
    FROM block AS a
    JOIN block AS b ON a.region = b.region AND a.line = b.line AND a.sort = b.sort AND a.side = b.side
        AND a.letters = b.letters AND a.opportunity_id < b.opportunity_id AND a.plain <> b.plain
    WHERE a.size <= $largest_block AND abs(length(a.plain) - length(b.plain)) <= (1 - $similarity) * greatest(length(a.plain), length(b.plain))
        AND regexp_replace(a.plain, '[^0-9]', '', 'g') = regexp_replace(b.plain, '[^0-9]', '', 'g')
        AND 1 - levenshtein(a.plain, b.plain) / greatest(length(a.plain), length(b.plain)) >= $similarity
),
edge AS (
    SELECT same.kind, CASE WHEN same.kind = 'code' THEN same.value END AS code, same.first_id, deal.opportunity_id AS other_id
    FROM same
    JOIN deal ON deal.line = same.line AND deal.sort = same.sort AND deal.opportunity_id <> same.first_id
        AND same.value = CASE same.kind WHEN 'code' THEN deal.code WHEN 'name' THEN deal.plain ELSE deal.account_id::VARCHAR END
    UNION ALL
    SELECT 'similar', NULL, first_id, other_id FROM alike
)
SELECT {dims} edge.kind, edge.code, edge.first_id, edge.other_id, deal.line, deal.code AS own_code, deal.amount_base AS amount
FROM edge
JOIN deal ON deal.opportunity_id = edge.other_id
ORDER BY edge.kind, edge.first_id, edge.other_id
