-- Everything that is open, paused or put off on $as_of, with what the rules of attention need: one row per opportunity.
judged AS (SELECT * FROM {shared_attention} WHERE {where})
