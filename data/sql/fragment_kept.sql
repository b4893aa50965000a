-- What is missing in the records of the open ones, as flags (shared_kept.sql).
flagged AS (SELECT * FROM {shared_kept} WHERE {where})
