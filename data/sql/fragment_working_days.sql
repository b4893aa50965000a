-- Working days after entry up to seen_until, without the paused ones: $numbers counts the working days from $first on.
($numbers[seen_until - $first + 1] - $numbers[entered_on - $first + 1]) - CASE
    WHEN pauses IS NULL OR len(pauses) = 0 THEN 0
    ELSE list_sum(list_transform(pauses, lambda p: greatest(0,
        $numbers[least(coalesce(p."end", seen_until), seen_until) - $first + 1]
        - $numbers[greatest(p."start", entered_on) - $first + 1])))
END
