-- The same for a single snapshot date: every row is a stretch.
SELECT opportunity_id, before AS seen_before, day AS seen_from, NULL::DATE AS seen_until, hash({tracked}) AS content, {tracked}
FROM opportunity JOIN snapshot_day ON day = snapshot_date
