-- Every opportunity that is open on $as_of, with what the comparison said in the last week that had begun to be judged
-- by then (c, NULL: not compared), in the week before (b), and in which week we were last assessed (NULL: never).
compared_week AS (
    SELECT max(week) AS week FROM opportunity_week WHERE as_of_on <= $as_of AND as_of_on > $as_of - 7
), alive AS (
    SELECT *, probability AS crm
    FROM standing WHERE status = 'open'
), last_told AS (
    SELECT opportunity_id, max(assessed_week) AS assessed_week FROM opportunity_week
    WHERE as_of_on <= $as_of AND opportunity_id IN (SELECT opportunity_id FROM alive)
    GROUP BY opportunity_id
), compared AS (
    SELECT alive.*, l.assessed_week, c, b,
        $as_of - l.assessed_week >= $silent_days AS is_silent,
        coalesce(abs(c.delta) >= $event_points / 100, false) AS is_jump,
        coalesce(b.is_leading AND NOT c.is_leading, false) AS is_lead_lost,
        coalesce(c.is_new_rival, false) AS is_new_rival,
        coalesce(c.p < $doomed_below AND alive.stage_order >= $doomed_from_stage, false) AS is_doomed,
        coalesce(c.g < b.g, false) AS is_less_certain
    FROM alive
    LEFT JOIN last_told l USING (opportunity_id)
    LEFT JOIN opportunity_week c ON c.opportunity_id = alive.opportunity_id AND c.week = (SELECT week FROM compared_week)
    LEFT JOIN opportunity_week b ON b.opportunity_id = alive.opportunity_id AND b.week = (SELECT week FROM compared_week) - 7
)
