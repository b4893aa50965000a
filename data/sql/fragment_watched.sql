-- Everything that is open, paused or put off on $as_of. importance: the grade given, else by amount (METHOD B10).
watched AS (
    SELECT *, date_trunc('month', expected_close_on)::DATE AS month,
        CASE WHEN list_contains($segments, segment::VARCHAR) THEN segment::VARCHAR ELSE '' END AS limit_segment,
        coalesce(upper(grade::VARCHAR), CASE WHEN amount_base IS NOT NULL THEN
            $grades[1 + len(list_filter($grades_from, lambda x: amount_base < x))] END) AS importance
    FROM standing
    WHERE status IN ('open', 'paused', 'future')
)
