-- Open opportunities that may be recorded twice (METHOD B16): same product line and type, and the same company code, the
-- same name, the same account, or (in the same region) a similar name.
-- Grain: kind (code | name | account | similar) x first record x other record.  Reads: opportunity_state, account.
-- Similar = 1 - edits / length >= $similarity, the digits in both names the same. Compared are names that begin or end with the same three
-- letters or have them in the middle, and only in blocks of up to $largest_block deals: never everybody with everybody.
-- Who shares a mark or a block with somebody is found by hashes of them (shared_named.sql); only these few are compared.
WITH hashed AS (SELECT opportunity_key AS key, marks, blocks, twins FROM {shared_named} WHERE {where}),
deal AS (
    SELECT {dims} opportunity_key AS key, opportunity_id AS id, created_on AS begun_on, account_id::VARCHAR AS firm, plain, code, line, sort,
        amount_base AS amount
    FROM {shared_named} WHERE {where}
),
marked AS (SELECT key, unnest(['code', 'name', 'account']) AS kind, unnest(marks) AS mark FROM hashed),
sided AS (SELECT key, unnest(blocks) AS block, unnest(twins) AS twin FROM hashed),
repeated AS (SELECT mark FROM marked WHERE mark IS NOT NULL GROUP BY mark HAVING count(*) > 1),
near AS (
    SELECT * FROM sided WHERE twin IN (SELECT twin FROM sided WHERE twin IS NOT NULL GROUP BY twin HAVING count(*) > 1)
),
small AS (  -- blocks of many are left out before anybody is held against anybody
    SELECT block FROM sided WHERE block IN (SELECT block FROM near) GROUP BY block HAVING count(*) <= $largest_block
),
member AS (
    SELECT kind, line, sort, id, begun_on, CASE kind WHEN 'code' THEN code WHEN 'name' THEN plain ELSE firm END AS value
    FROM marked JOIN deal USING (key)
    WHERE mark IN (SELECT mark FROM repeated)
),
first_of AS (
    SELECT kind, value, line, sort, arg_min(id, (begun_on, id)) AS first_id FROM member GROUP BY kind, value, line, sort
),
close AS MATERIALIZED (SELECT * FROM near WHERE block IN (SELECT block FROM small)),
pair AS (
    SELECT DISTINCT a.key AS key, b.key AS other_key
    FROM close a JOIN close b USING (block, twin)
    WHERE a.key < b.key
),
alike AS (
    SELECT least(a.id, b.id) AS first_id, greatest(a.id, b.id) AS other_id
    FROM pair JOIN deal a ON a.key = pair.key JOIN deal b ON b.key = pair.other_key
    WHERE a.plain <> b.plain
        AND abs(length(a.plain) - length(b.plain)) <= (1 - $similarity) * greatest(length(a.plain), length(b.plain))
        AND 1 - levenshtein(a.plain, b.plain) / greatest(length(a.plain), length(b.plain)) >= $similarity
),
edge AS (
    SELECT kind, CASE WHEN kind = 'code' THEN value END AS code, first_id, id AS other_id
    FROM first_of JOIN member USING (kind, value, line, sort)
    WHERE id <> first_id
    UNION ALL
    SELECT 'similar', NULL, first_id, other_id FROM alike
)
SELECT {dims} edge.kind, edge.code, edge.first_id, edge.other_id, line, deal.code AS own_code, amount
FROM edge JOIN deal ON id = other_id
ORDER BY edge.kind, edge.first_id, edge.other_id
