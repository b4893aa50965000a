"""Periods by name: fiscal quarters and years, months, ISO weeks; the one before, the same one a year earlier.

Names: `2026Q3`, `2026-09`, `2026-W39`, `2026` (calendar year) or `FY2026` (fiscal year that does not start in
January). A fiscal year is named after the calendar year in which it ends, and so are its quarters: with a start
in April, 2026Q1 is April to June 2025. Both ends of a period are inside it. Pure: today is never asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from data.errors import MvpodError

Kind = Literal["year", "quarter", "month", "week", "range"]
Unit = Literal["year", "quarter", "month", "week"]
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Period:
    """A stretch of days, `start` and `end` inside it. `name` can be parsed back (a range: `start..end`)."""

    start: date
    end: date
    kind: Kind
    name: str

    @property
    def days(self) -> int:
        """Number of days in the period."""
        return (self.end - self.start).days + 1

    def contains(self, day: date) -> bool:
        """Is `day` in the period?"""
        return self.start <= day <= self.end

    def is_complete(self, as_of: date) -> bool:
        """Has the whole period happened as of the end of `as_of`?"""
        return self.end <= as_of


def period_of(day: date, unit: Unit, fiscal_year_start: int = 1) -> Period:
    """The period of a kind that holds `day`.

    >>> period_of(date(2026, 9, 30), "quarter").name, period_of(date(2026, 2, 1), "quarter", 4).name
    ('2026Q3', '2026Q4')
    """
    if unit == "week":
        year, number, _ = day.isocalendar()
        return week(year, number)
    if unit == "month":
        return month(day.year, day.month)
    fiscal_year = day.year + (1 if fiscal_year_start > 1 and day.month >= fiscal_year_start else 0)
    if unit == "year":
        return year_(fiscal_year, fiscal_year_start)
    return quarter(fiscal_year, (day.month - fiscal_year_start) % 12 // 3 + 1, fiscal_year_start)


def year_(fiscal_year: int, fiscal_year_start: int = 1) -> Period:
    """The fiscal year that ends in `fiscal_year`."""
    first = _fiscal_first(fiscal_year, fiscal_year_start)
    name = f"{fiscal_year}" if fiscal_year_start == 1 else f"FY{fiscal_year}"
    return Period(first, add_months(first, 12) - ONE_DAY, "year", name)


def quarter(fiscal_year: int, number: int, fiscal_year_start: int = 1) -> Period:
    """Fiscal quarter 1..4 of the fiscal year that ends in `fiscal_year`."""
    first = add_months(_fiscal_first(fiscal_year, fiscal_year_start), 3 * (number - 1))
    return Period(first, add_months(first, 3) - ONE_DAY, "quarter", f"{fiscal_year}Q{number}")


def month(year: int, number: int) -> Period:
    """A calendar month."""
    first = date(year, number, 1)
    return Period(first, add_months(first, 1) - ONE_DAY, "month", f"{year}-{number:02d}")


def week(iso_year: int, number: int) -> Period:
    """An ISO week, Monday to Sunday; ValueError if the year has no such week."""
    first = date.fromisocalendar(iso_year, number, 1)
    return Period(first, first + 6 * ONE_DAY, "week", f"{iso_year}-W{number:02d}")


def range_(start: date, end: date) -> Period:
    """Any stretch of days, both ends inside it."""
    if end < start:
        raise MvpodError("E_PERIOD_ORDER", start=start.isoformat(), end=end.isoformat())
    return Period(start, end, "range", f"{start.isoformat()}..{end.isoformat()}")


def parse(name: str, fiscal_year_start: int = 1) -> Period:
    """The period called `name` (case and spaces do not matter); MvpodError E_PERIOD says which names there are.

    >>> parse("2026q3").start, parse("2026-02").end, parse("2026-01-01..2026-01-09").days
    (datetime.date(2026, 7, 1), datetime.date(2026, 2, 28), 9)
    """
    text = re.sub(r"\s", "", name).upper()
    try:
        if found := re.fullmatch(r"(\d{4})-?Q([1-4])", text):
            return quarter(int(found[1]), int(found[2]), fiscal_year_start)
        if found := re.fullmatch(r"(\d{4})-?W(\d{1,2})", text):
            return week(int(found[1]), int(found[2]))
        if found := re.fullmatch(r"(\d{4})-(\d{2})", text):
            return month(int(found[1]), int(found[2]))
        if found := re.fullmatch(r"(?:FY)?(\d{4})", text):
            return year_(int(found[1]), fiscal_year_start)
        if found := re.fullmatch(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})", text):
            return range_(date.fromisoformat(found[1]), date.fromisoformat(found[2]))
    except ValueError:  # 2026-13, 2025-W53, 2026-02-30
        pass
    raise MvpodError("E_PERIOD", found=name)


def previous(period: Period, fiscal_year_start: int = 1) -> Period:
    """The period just before: the quarter before a quarter, the same number of whole months before a range of
    whole months, the same number of days before any other range.

    >>> previous(parse("2026Q1")).name, previous(parse("2025-10-01..2026-09-30")).name
    ('2025Q4', '2024-10-01..2025-09-30')
    """
    if period.kind != "range":
        return period_of(period.start - ONE_DAY, period.kind, fiscal_year_start)
    months = whole_months(period)
    start = add_months(period.start, -months) if months else period.start - period.days * ONE_DAY
    return range_(start, period.start - ONE_DAY)


def year_before(period: Period, fiscal_year_start: int = 1) -> Period:
    """The same period one year earlier; a 53rd week is compared with week 52 where there is none.

    >>> year_before(parse("2026Q3")).name, year_before(parse("2024-02-29..2024-02-29")).end
    ('2025Q3', datetime.date(2023, 2, 28))
    """
    if period.kind == "week":
        year, number = int(period.name[:4]) - 1, int(period.name[6:])
        return week(year, min(number, date(year, 12, 28).isocalendar().week))
    if period.kind != "range":
        return period_of(add_months(period.start, -12), period.kind, fiscal_year_start)
    months = whole_months(period)
    start = add_months(period.start, -12)
    return range_(start, add_months(start, months) - ONE_DAY if months else add_months(period.end, -12))


def compared(period: Period, how: str, as_of: date, fiscal_year_start: int = 1) -> Period | None:
    """What `period` is compared with: `how` is "previous", "last_year" or "none" (None).

    A period that is still running is compared with as many days of the other one, so that three weeks of a
    quarter are never held against thirteen.

    >>> compared(parse("2026Q3"), "previous", date(2026, 7, 10)).name
    '2026-04-01..2026-04-10'
    """
    if how == "none":
        return None
    other = previous(period, fiscal_year_start) if how == "previous" else year_before(period, fiscal_year_start)
    if period.is_complete(as_of) or as_of < period.start:
        return other
    elapsed = (as_of - period.start).days
    return range_(other.start, min(other.end, other.start + elapsed * ONE_DAY))


def last(count: int, unit: Unit, as_of: date, fiscal_year_start: int = 1, *, complete: bool = False) -> list[Period]:
    """The last `count` periods up to `as_of`, oldest first; `complete=True` leaves a running one out.

    >>> [p.name for p in last(2, "quarter", date(2026, 9, 29), complete=True)]
    ['2026Q1', '2026Q2']
    """
    period = period_of(as_of, unit, fiscal_year_start)
    if complete and not period.is_complete(as_of):
        period = previous(period, fiscal_year_start)
    found = [period]
    while len(found) < count:
        found.append(previous(found[-1], fiscal_year_start))
    return found[::-1][-count:] if count else []


def between(start: date, end: date, unit: Unit, fiscal_year_start: int = 1) -> Iterator[Period]:
    """All periods of a kind that touch [start, end], in order."""
    period = period_of(start, unit, fiscal_year_start)
    while period.start <= end:
        yield period
        period = period_of(period.end + ONE_DAY, unit, fiscal_year_start)


def full_months(count: int, as_of: date) -> Period:
    """The last `count` full months as of the end of `as_of` (a month's last day completes it); METHOD B14.

    >>> full_months(12, date(2026, 9, 30)).name, full_months(1, date(2026, 9, 29)).name
    ('2025-10-01..2026-09-30', '2026-08-01..2026-08-31')
    """
    next_first = (as_of + ONE_DAY).replace(day=1)
    return range_(add_months(next_first, -count), next_first - ONE_DAY)


def year_up_to(day: date) -> Period:
    """The twelve months that end with `day`.

    >>> year_up_to(date(2026, 9, 30)).name, year_up_to(date(2026, 9, 28)).start, year_up_to(date(2028, 2, 28)).start
    ('2025-10-01..2026-09-30', datetime.date(2025, 9, 29), datetime.date(2027, 3, 1))
    """
    after = day + ONE_DAY
    return range_(add_months(after, -12) if after.day == 1 else add_months(day, -12) + ONE_DAY, day)


def whole_months(period: Period) -> int:
    """How many whole calendar months the period consists of; 0 if it does not begin and end with a month."""
    after = period.end + ONE_DAY
    if period.start.day != 1 or after.day != 1:
        return 0
    return (after.year - period.start.year) * 12 + after.month - period.start.month


def add_months(day: date, months: int) -> date:
    """`day` so many months later (earlier if negative), on the last day of the month where it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month_ = divmod(index, 12)
    length = (date(year + (month_ == 11), (month_ + 1) % 12 + 1, 1) - ONE_DAY).day
    return date(year, month_ + 1, min(day.day, length))


def _fiscal_first(fiscal_year: int, fiscal_year_start: int) -> date:
    return date(fiscal_year - (1 if fiscal_year_start > 1 else 0), fiscal_year_start, 1)
