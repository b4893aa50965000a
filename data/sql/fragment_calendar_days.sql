-- Calendar days from entry to seen_until, without the paused ones: all of them where the visit has ended, otherwise
-- what of each pause lies before seen_until.
(seen_until - entered_on) - CASE
    WHEN exited_on <= seen_until AND paused_days IS NOT NULL THEN paused_days
    WHEN pauses IS NULL OR len(pauses) = 0 THEN 0
    ELSE list_sum(list_transform(pauses, lambda p:
        greatest(0, least(coalesce(p."end", seen_until), seen_until) - greatest(p."start", entered_on))))::BIGINT
END
