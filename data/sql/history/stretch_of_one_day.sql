-- The same for a single snapshot date: every row is a stretch.
SELECT opportunity_id, hash({tracked}) AS content, day AS first, before, after
FROM opportunity JOIN snapshot_day ON day = snapshot_date
