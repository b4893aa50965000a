-- Seconds of a visit that ended on the day it began and was not paused; NULL otherwise and where an instant is not known.
CASE WHEN exited_on = entered_on AND exited_on <= $as_of AND (pauses IS NULL OR len(pauses) = 0)
    THEN epoch_us(exited_at) // 1000000 - epoch_us(entered_at) // 1000000 END
