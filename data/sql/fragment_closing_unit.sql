-- The week, month or quarter ($unit) of closing as a number (fragment_unit_day.sql is its first day): millions of dates are
-- grouped by it, and few numbers become dates again. Quarters begin $shift months after those of the calendar.
CASE WHEN $unit = 'week' THEN (closed_on - DATE '0001-01-01') // 7
     WHEN $unit = 'quarter' THEN (12 * year(closed_on) + month(closed_on) - 1 - $shift) // 3
     ELSE 12 * year(closed_on) + month(closed_on) - 1 END::INTEGER
