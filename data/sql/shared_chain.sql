-- Everything that is open on $until (paused ones included, those put off not), beside its chain in the latest export up to then
-- (fragment_chain.sql): one row per opportunity.  Reads: opportunity_state, the canonical table opportunity_contact.
WITH open_then AS (
    SELECT *, $until AS as_of_on FROM opportunity_state
    WHERE {where} AND status IN ('open', 'paused', 'future') AND closed_on IS NULL
        AND valid_from <= $until AND (valid_to IS NULL OR valid_to > $until)
        AND (status <> 'future' OR coalesce(wake_on <= $until, false))
), snapshot AS (
    SELECT $until AS as_of_on, max(day) AS snapshot_date FROM export_day WHERE source = 'opportunity_contact' AND day <= $until
), {chain}
SELECT * FROM known
