"""Working days: weekends, public holidays and make-up workdays, as a running count.

The number of working days between two dates is the difference of their running counts: working days in
(first, second], so that the same day gives 0 and Friday to Monday gives 1, like the calendar-day difference
with the days off taken out.
"""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pyarrow as pa

from data.settings import Calendar


def is_workday(day: date, calendar: Calendar) -> bool:
    """Whether `day` is worked. Own `holidays` and `workdays` of the settings go before every rule.

    "china" knows the years that the State Council has announced; beyond them only weekends are off.
    """
    if day in calendar.workdays:
        return True
    if day in calendar.holidays:
        return False
    if calendar.base == "china":
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            pass  # a year that is not covered
    return day.weekday() < 5


def workday_numbers(first: date, last: date, calendar: Calendar) -> pa.Table:
    """Columns `day` (date, every day from `first` to `last`) and `number` (int32, working days up to and with it)."""
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    numbers, count = [], 0
    for day in days:
        count += is_workday(day, calendar)
        numbers.append(count)
    return pa.table({"day": pa.array(days, pa.date32()), "number": pa.array(numbers, pa.int32())})
