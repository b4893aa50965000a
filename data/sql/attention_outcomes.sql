-- What became of opportunities closed in the period that were still open $landmark times the days of a warning after they
-- were created, by whether they had been silent for as long as warns by then (shared_silence.sql).
-- Grain: pipeline x segment x is_warned.
SELECT pipeline, segment, is_warned, count(*) AS n, count(*) FILTER (status = 'won') AS won
FROM {shared_silence} WHERE {where} AND segment IS NOT NULL
GROUP BY pipeline, segment, is_warned
ORDER BY ALL
