-- What is open on $as_of and has an account, with that account's name and company code as they are compared
-- (fragment_account_now): one row per opportunity, is_listed: the account is in the export.
-- marks: hashes of code, name and account, each with product line and type: who shares one may be recorded twice.  blocks: hashes of
-- region, product line, type and three letters at the beginning, in the middle or at the end of the name without its legal form;
-- twins: the same with the digits of the name.  NULL where the name is not known or too short, or the region is not known.
WITH {standing_open}, {stock},
held_account AS (SELECT * FROM account WHERE account_id IN (SELECT account_id::VARCHAR FROM stock WHERE is_in)),
{account_now},
firm AS (
    SELECT account_id AS firm_id, plain, code, regexp_replace(plain, '[^0-9]', '', 'g') AS digits,
        regexp_replace(plain, '(股份有限公司|有限责任公司|有限公司|集团|公司|COLTD|LTD|INC|LLC|GMBH|CORP)+$', '') AS stem
    FROM account_now
),
deal AS (
    SELECT stock.*, firm.* EXCLUDE (firm_id, stem), firm_id IS NOT NULL AS is_listed,
        coalesce(product_line::VARCHAR, '') AS line, coalesce(type::VARCHAR, '') AS sort,
        CASE WHEN region IS NOT NULL AND length(plain) >= 5
             THEN list_transform([left(stem, 3), substr(stem, length(stem) // 2, 3), right(stem, 3)],
                 lambda letters, side: hash(region, line, sort, side, letters)) END AS blocks
    FROM stock LEFT JOIN firm ON firm_id = account_id::VARCHAR
    WHERE is_in AND account_id IS NOT NULL
)
SELECT *, [CASE WHEN code IS NOT NULL THEN hash('code', code, line, sort) END,
        CASE WHEN plain IS NOT NULL THEN hash('name', plain, line, sort) END, hash('account', account_id, line, sort)] AS marks,
    list_transform(blocks, lambda block: hash(block, digits)) AS twins
FROM deal
