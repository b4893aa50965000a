-- Moves out of open stages dated in the period.
moved AS (
    SELECT *, date_trunc('month', exited_on)::DATE AS month
    FROM stage_visit
    WHERE {where} AND stage_kind NOT IN ('won', 'lost', 'no_decision', 'void')
        AND exited_on BETWEEN $start AND $until AND exit_kind NOT IN ('deleted', 'reopened')
)
