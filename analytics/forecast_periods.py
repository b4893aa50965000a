"""Which quarter is forecast, and on which days of the past the same question could have been asked. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from analytics import periods

#: Quarters that a forecast learns from, and quarters that it is tried on.
LEARNED, REPLAYED = 8, 8
#: With fewer quarters to learn from nothing is said.
LEAST = 2


class Moment(NamedTuple):
    """A forecast of the quarter `name` (days `first` to `last`) made at the end of the day `origin`."""

    name: str
    origin: date
    first: date
    last: date

    def knows(self, other: Moment) -> bool:
        """Was the other's quarter over on this one's day? Nothing else may be learned from."""
        return other.last <= self.origin


def moments(as_of: date, ahead: int = 0, fiscal_year_start: int = 1, *, lead: int | None = None) -> list[Moment]:
    """The forecast asked for first, then its likes in the past, latest first.

    `ahead` = 0: the quarter that is running on `as_of` (the next one, if it ends that day), 1: the one after it. The
    past ones are as many days before the end of their quarters as this one is, or `lead` days.

    >>> now, before, *_ = moments(date(2026, 9, 30))
    >>> now.name, before.name, before.origin
    ('2026Q4', '2026Q3', datetime.date(2026, 6, 30))
    """
    quarter = periods.period_of(as_of + periods.ONE_DAY, "quarter", fiscal_year_start)
    for _ in range(ahead):
        quarter = periods.period_of(quarter.end + periods.ONE_DAY, "quarter", fiscal_year_start)
    found = [Moment(quarter.name, as_of, quarter.start, quarter.end)]
    before = (quarter.end - as_of).days if lead is None else lead
    while len(found) < 1 + ahead + LEARNED + REPLAYED + 1:
        quarter = periods.previous(quarter, fiscal_year_start)
        found.append(Moment(quarter.name, quarter.end - timedelta(days=before), quarter.start, quarter.end))
    return found


def learned_from(now: Moment, known: Sequence[Moment], reach: date | None = None) -> list[Moment]:
    """The latest LEARNED of the quarters that were over on the day of the forecast and to which the data reach back
    (from the day `reach` on, win_trend.Horizon: of an earlier one some closings are missing)."""
    told = (m for m in known if now.knows(m) and (reach is None or m.first >= reach))
    return sorted(told, key=lambda m: m.last, reverse=True)[:LEARNED]
