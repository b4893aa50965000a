-- A story with what the snapshots said beside it: the mart as it is stored.
-- In: story (a table of this folder), name (opportunity_id, id): ids as text, said (said_no, ...): what the spells say.
-- {columns}: the columns of the mart, each from n, t or d.
SELECT {columns}
FROM {story} t JOIN name n ON n.id = t.opportunity_id LEFT JOIN said d ON d.said_no = t.said_no
