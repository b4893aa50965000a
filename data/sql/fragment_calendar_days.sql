-- Calendar days from entry to seen_until, without the paused ones.
(seen_until - entered_on) - CASE
    WHEN pauses IS NULL OR len(pauses) = 0 THEN 0
    ELSE list_sum(list_transform(pauses, lambda p:
        greatest(0, least(coalesce(p."end", seen_until), seen_until) - greatest(p."start", entered_on))))
END
