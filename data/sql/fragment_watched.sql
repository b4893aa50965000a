-- Everything that is open, paused or put off on $as_of. importance: the grade (METHOD B10).
watched AS (
    SELECT *, date_trunc('month', expected_close_on)::DATE AS month,
        CASE WHEN list_contains($segments, segment::VARCHAR) THEN segment::VARCHAR ELSE '' END AS limit_segment,
        grade::VARCHAR AS importance
    FROM standing
    WHERE status IN ('open', 'paused', 'future')
)
