count(*) AS rows, sum(amount_base) AS amount, sum(amount_base::DOUBLE * amount_base::DOUBLE) AS square,
        count(*) - count(amount_base) AS missing
