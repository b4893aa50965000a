-- Changes of the expected close while an opportunity was open, in the period; days > 0: later (pushed), < 0: earlier.
-- What is set to the real date at the closing is no push.  A push belongs to who had the opportunity, whoever got it with
-- the change, and to the month in which it was due.  That holds for filters ({where} is the scope alone here: a shared
-- step is asked without them).  Within a scope, a push that comes with going to somebody outside of it is not counted:
-- the new date is out of sight.  $fiscal: first month of the fiscal year.  Reads: opportunity_state.
WITH held AS (
    SELECT *, date_trunc('month', expected_close_on)::DATE AS month
    FROM opportunity_state
    WHERE {where} AND status IN ('open', 'paused') AND closed_on IS NULL AND expected_close_on IS NOT NULL
        AND valid_from <= $until AND (valid_to IS NULL OR valid_to >= $start)
)

SELECT held.*, l.valid_from AS changed_on, l.expected_close_on AS due_on,
    l.expected_close_on - held.expected_close_on AS days,
    date_trunc('month', l.expected_close_on) > date_trunc('month', held.expected_close_on) AS is_month,
    date_trunc('quarter', l.expected_close_on - to_months($fiscal - 1))
        > date_trunc('quarter', held.expected_close_on - to_months($fiscal - 1)) AS is_quarter
FROM held
JOIN (
    SELECT opportunity_key, valid_from, expected_close_on FROM opportunity_state
    WHERE {where} AND status IN ('open', 'paused') AND closed_on IS NULL AND valid_from BETWEEN $start AND $until
) AS l ON l.opportunity_key = held.opportunity_key AND l.valid_from = held.valid_to
WHERE l.expected_close_on <> held.expected_close_on
