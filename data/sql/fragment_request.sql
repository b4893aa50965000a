-- Support requests made up to the end of $as_of, each with the dimensions of its opportunity (shared_request.sql).
request AS (SELECT * FROM {shared_request} WHERE {where})
