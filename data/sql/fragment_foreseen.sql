-- The won, lost and undecided opportunities of the period that stand so on $as_of, with what was known before the close.
-- Read anew by each who asks: what one asks for is then looked for where the table is read.
foreseen AS NOT MATERIALIZED (
    SELECT *, (status = 'won')::DOUBLE AS y, status <> 'no_decision' AS is_decided
    FROM closing_foresight
    WHERE {where} AND valid_from <= $as_of AND (valid_to IS NULL OR valid_to > $as_of)
        AND closed_on BETWEEN $start AND $until
)
