-- Us and the strongest rivals in each week in which an assessment of us was in force.
-- Grain out: deal (by number) and week (by number, 0 = the week of Monday 1900-01-01).
-- said = the week of the assessment of us, oldest_said that of the oldest assessment used; new_party = the strongest rival
-- named for the first time in this week, if that is after the deal's first week. Joins by place are twice as fast as lead.
-- In: assessment, deal_name (opportunity_id, deal_no), party_name (party, party_no: 0 = us, others by name).
WITH entry AS (
    SELECT deal_no, party_no, week, ((week - DATE '1900-01-01') // 7)::INT AS said, need_fit, closeness,
           CASE WHEN party_no = 0 THEN assessor END AS assessor, CASE WHEN party_no = 0 THEN source_count END AS source_count
    FROM assessment JOIN deal_name USING (opportunity_id) JOIN party_name USING (party)
    WHERE week <= $last_day
), scored AS (  -- the last entry of a party in a week counts
    SELECT *, lead(said) OVER by_time AS next_said, min(said) OVER by_time AS first_scored,
           pow(greatest($floor, least(100, need_fit)), $need_weight)
           * pow(greatest($floor, least(100, closeness)), $closeness_weight) AS strength
    FROM entry WHERE need_fit IS NOT NULL AND closeness IS NOT NULL
    WINDOW by_time AS (PARTITION BY deal_no, party_no ORDER BY week)
    QUALIFY next_said IS NULL OR next_said > said
), unscored AS (  -- a rival is known from the first time it is named, scored or not
    SELECT deal_no, party_no, min(said) AS first_named
    FROM entry WHERE need_fit IS NULL OR closeness IS NULL GROUP BY deal_no, party_no
), opened AS (
    SELECT deal_no, min(said) AS opened FROM entry GROUP BY deal_no
), named AS (
    SELECT s.*, opened < least(first_scored, coalesce(first_named, first_scored)) AS is_late,
           least(first_scored, coalesce(first_named, first_scored)) AS first_week
    FROM scored s JOIN opened USING (deal_no) LEFT JOIN unscored USING (deal_no, party_no)
), in_force AS (
    SELECT *, said AS week_no FROM named
    UNION ALL  -- where the next week has no entry, this one stands for a while
    SELECT *, unnest(range(said + 1, least(said + $carry_weeks + 1, coalesce(next_said, 1000000))::INT))::INT AS week_no
    FROM named WHERE next_said IS NULL OR next_said > said + 1
), rival AS (
    SELECT deal_no, week_no, party_no, need_fit, closeness, strength, said, is_late AND first_week = week_no AS is_new,
           row_number() OVER by_strength AS place,
           count(*) OVER (by_strength ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS n
    FROM in_force WHERE party_no > 0
    WINDOW by_strength AS (PARTITION BY deal_no, week_no ORDER BY strength DESC, party_no)
)
SELECT deal_no, week_no, u.said, u.need_fit AS need_us, u.closeness AS closeness_us, u.strength AS strength_us, assessor,
       source_count, coalesce(a.n, 0) AS rival_count,
       least(u.said, coalesce(a.said, u.said), coalesce(b.said, u.said), coalesce(c.said, u.said)) AS oldest_said,
       a.party_no AS party_1, a.need_fit AS need_1, a.closeness AS closeness_1, a.strength AS strength_1,
       b.party_no AS party_2, b.need_fit AS need_2, b.closeness AS closeness_2, b.strength AS strength_2,
       c.party_no AS party_others, c.need_fit AS need_others, c.closeness AS closeness_others, c.strength AS strength_others,
       CASE WHEN a.is_new THEN a.party_no WHEN b.is_new THEN b.party_no WHEN c.is_new THEN c.party_no END AS new_party
FROM (FROM in_force WHERE party_no = 0 AND DATE '1900-01-01' + 7 * week_no <= $last_day) u
     LEFT JOIN (FROM rival WHERE place = 1) a USING (deal_no, week_no)
     LEFT JOIN (FROM rival WHERE place = 2) b USING (deal_no, week_no)
     LEFT JOIN (FROM rival WHERE place = 3) c USING (deal_no, week_no)
