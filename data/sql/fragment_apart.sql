-- Opportunities of which stage_reach cannot tell by itself where they stood on $as_of (shared_apart.sql).
apart AS (SELECT * FROM {shared_apart})
