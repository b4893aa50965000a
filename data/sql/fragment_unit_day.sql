-- The first day of a week, month or quarter given as a number (fragment_closing_unit.sql).
CASE WHEN $unit = 'week' THEN DATE '0001-01-01' + 7 * period
     WHEN $unit = 'quarter' THEN make_date((3 * period + $shift) // 12, (3 * period + $shift) % 12 + 1, 1)
     ELSE make_date(period // 12, period % 12 + 1, 1) END
