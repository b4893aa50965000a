-- What is put off: when it wakes, and why it waits.  Grain: month of waking x pipeline x segment x reason.
-- is_due: the day has come, nobody has woken it.  Reads: opportunity_state.
WITH {standing}
SELECT pipeline, segment, date_trunc('month', wake_on)::DATE AS wakes, coalesce(wake_on <= $as_of, false) AS is_due,
    loss_reason AS waits_for, count(*) AS n, sum(amount_base) AS amount, count(*) FILTER (amount_base IS NULL) AS amount_missing
FROM standing
WHERE status = 'future'
GROUP BY ALL
ORDER BY wakes NULLS LAST, pipeline, segment, is_due, waits_for
