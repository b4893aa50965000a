"""Win rates per week, month or quarter, ready to be judged: complete periods, limits, what is overdue. Pure.

A period counts towards the centre and is judged only if it is over on the as-of date and if the store reaches back
far enough: an export that begins in October holds of January's closings only those that took less than three months,
and those are won more (or less) often than the rest. Such a period is shown and marked `is_truncated`, and no change
from it is called a change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Literal, cast

import numpy as np
import pandas as pd

from analytics import fluctuation, win_rate
from analytics.metrics.frames import ratio
from analytics.periods import Period, Unit, between, last, parse, period_of, range_, year_up_to
from analytics.statistics.intervals import limits_of

Grain = Literal["week", "month", "quarter"]
Measure = Literal["count", "amount", "decided"]
#: How many periods are looked back on.
LENGTH: Mapping[str, int] = {"week": 52, "month": 36, "quarter": 12}
#: The longest period that is looked at week by week, month by month.
_WEEKS, _MONTHS = 13, 62

#: Columns of a trend besides the groups. n: denominator; effective_n: what amounts are worth as evidence (n for
#: counts); low, high: Wilson; centre … is_small: fluctuation.control; in_view: in the period of the view;
#: since: name of the period from which on the rate has been at another level ("": it has kept its level);
#: open_overdue: overdue open ones on the period's last day; n_year: closed in the twelve months up to its end (`end`:
#: the as-of date in a period that is still running); with_overdue: the rate of these twelve months if all that are
#: overdue were lost. Both NaN by amount: what is overdue is counted.
COLUMNS = ("period", "start", "end", "n", "won", "lost", "no_decision", "value", "low", "high", "effective_n", "centre",
           "lower", "upper", "sigma_z", "signal", "is_small", "is_complete", "is_truncated", "is_usable", "in_view",
           "since", "open_overdue", "n_year", "with_overdue", "reason")


#: Counts of closings, and what is added up over the months of a period.
_WHOLE = ("won", "lost", "no_decision")
_MONEY = ("won_amount", "lost_amount")
_ADDED = (*_WHOLE, *_MONEY, *(f"{name}_square" for name in _MONEY))


@dataclass(frozen=True)
class Horizon:
    """How far back the store reaches (data/sql/closing_horizon.sql); each None where nothing was closed."""

    first_closed_on: date | None
    created_from: date | None
    usual_days: int | None
    #: is there any expected close by which an open opportunity could be overdue?
    knows_due: bool = True

    @property
    def complete_from(self) -> date | None:
        """First day from which on nine of ten closings would have been created within the store's reach."""
        if self.created_from is None or self.usual_days is None:
            return None
        return self.created_from + timedelta(days=self.usual_days)

    @classmethod
    def told(cls, answer: pd.DataFrame) -> Horizon:
        """What the one row of that query says."""
        row = answer.iloc[0]
        day = {c: None if pd.isna(row[c]) else row[c].date() for c in ("first_closed_on", "created_from")}
        usual = None if pd.isna(row["usual_days"]) else int(row["usual_days"])
        return cls(day["first_closed_on"], day["created_from"], usual, bool(row["knows_due"]))

    def cuts(self, period: Period) -> bool:
        """Are closings of this period missing because the store does not reach back far enough?"""
        return self.complete_from is not None and period.start < self.complete_from


def grain_of(period: Period) -> Grain:
    """The grain in which a period is compared with its like: a quarter by quarters, a month by months."""
    return "week" if period.days <= _WEEKS else "month" if period.days <= _MONTHS else "quarter"


def named(start: date, end: date, fiscal_year_start: int = 1) -> Period:
    """The quarter, month, week or year from `start` to `end`, or else the range.

    >>> named(date(2026, 7, 1), date(2026, 9, 30)).name, named(date(2026, 7, 1), date(2026, 7, 9)).kind
    ('2026Q3', 'range')
    """
    units: tuple[Unit, ...] = ("quarter", "month", "week", "year")
    found = (period_of(start, unit, fiscal_year_start) for unit in units)
    return next((p for p in found if (p.start, p.end) == (start, end)), None) or range_(start, end)


def shown(horizon: Horizon, grain: Grain, start: date | None, until: date, fiscal_year_start: int = 1,
          count: int | None = None) -> list[Period]:
    """The periods to show, oldest first: the last `count` up to `until`, further back if `start` lies there, but none
    before the first closing. None where nothing was closed."""
    if horizon.first_closed_on is None or horizon.first_closed_on > until:
        return []
    usual = last(count or LENGTH[grain], grain, until, fiscal_year_start)[0].start
    first = max(horizon.first_closed_on, min(usual, start) if start else usual)
    return list(between(first, until, grain, fiscal_year_start))


def judged(counts: pd.DataFrame, periods: Sequence[Period], horizon: Horizon, *, by: Sequence[str], as_of: date,
           view: tuple[date | None, date], measure: Measure = "count", fiscal_year_start: int = 1,
           since: Mapping[str, str] = MappingProxyType({})) -> pd.DataFrame:
    """One row per group and period, periods in time order: the groups, what `measured` adds, and COLUMNS but for what
    is overdue (`with_overdue`).

    `since`: group ("" without groups) -> the period that begins another level; both levels have limits of their own.

    `counts`: rows of data/sql/closings_by.sql; `view`: first (None: open) and last day of the period asked for. reason:
    "" | nothing_closed | no_amounts.
    """
    frame = measured(per_period(counts, periods, by, fiscal_year_start), measure)
    is_complete = [p.is_complete(as_of) and p.end <= view[1] for p in periods]
    is_truncated = [horizon.cuts(p) for p in periods]
    told = {
        "start": np.array([p.start for p in periods], dtype="datetime64[us]"),
        "end": np.array([min(p.end, as_of) for p in periods], dtype="datetime64[us]"),
        "is_complete": np.array(is_complete, dtype=bool), "is_truncated": np.array(is_truncated, dtype=bool),
        "is_usable": np.array(is_complete, dtype=bool) & ~np.array(is_truncated, dtype=bool),
        "in_view": np.array([p.end >= (view[0] or date.min) and p.start <= view[1] for p in periods], dtype=bool)}
    groups = len(frame) // len(periods) if periods else 0
    frame = frame.assign(**{name: np.tile(values, groups) for name, values in told.items()})
    return fluctuation.control(_in_phases(frame, by, since, fiscal_year_start), by)


def _in_phases(frame: pd.DataFrame, by: Sequence[str], since: Mapping[str, str],
               fiscal_year_start: int) -> pd.DataFrame:
    """Adds since and phase: 0 before the period that begins another level, 1 from it on."""
    if not since:
        return frame.assign(since=pd.Series("", index=frame.index, dtype="str"), phase=0)
    groups = frame[by[0]] if by else pd.Series("", index=frame.index)
    begins = groups.astype("str").map(dict(since)).astype("str").fillna("")
    starts = pd.to_datetime(begins.map({name: parse(name, fiscal_year_start).start for name in since.values()}))
    return frame.assign(since=begins, phase=(frame["start"] >= starts).astype("int64"))


def per_period(counts: pd.DataFrame, periods: Sequence[Period], by: Sequence[str],
               fiscal_year_start: int = 1) -> pd.DataFrame:
    """Counts added up per group and period, with a row for every group in every period (0 where nothing was closed)."""
    unit = cast(Grain, periods[0].kind) if periods else "month"
    place = {period.name: i for i, period in enumerate(periods)}
    days, day = np.unique(counts["period"].to_numpy("datetime64[D]"), return_inverse=True)
    at = np.array([place.get(period_of(d, unit, fiscal_year_start).name, -1) for d in days.tolist()], dtype=int)[day]
    keys = _keys(counts, by)
    groups = {key: i for i, key in enumerate(dict.fromkeys(keys if by else [()]))}
    cell = np.array([groups[key] for key in keys], dtype=int) * len(periods) + at
    frame: dict[str, Any] = {name: pd.Series([key[i] for key in groups for _ in periods], dtype=counts[name].dtype)
                             for i, name in enumerate(by)}
    frame["period"] = pd.Series([name for _ in groups for name in place], dtype="str")
    for name in (n for n in _ADDED if n in counts.columns):
        values = counts[name].to_numpy(float, na_value=np.nan)
        summed = _summed(values[at >= 0], cell[at >= 0], len(groups) * len(periods))
        frame[name] = np.nan_to_num(summed).astype("int64") if name in _WHOLE else summed
    return pd.DataFrame(frame | {name: np.round(frame[name], 2) for name in _MONEY if name in frame})


def _summed(values: np.ndarray, cell: np.ndarray, size: int) -> np.ndarray:
    """Sums per cell; of nothing known it is not known."""
    known = ~np.isnan(values)
    sums = np.bincount(cell[known], values[known], size)
    return np.where(np.bincount(cell[known], minlength=size) > 0, sums, np.nan)


def sigma_z(counts: pd.DataFrame) -> float:
    """How much more than by chance the rate of consecutive periods (won, n) moves: at least 1, and 1 if not known."""
    closed = counts[counts["n"] > 0]
    found = fluctuation.dispersion((closed["won"] / closed["n"]).to_numpy(float), closed["n"].to_numpy(float))
    return max(1.0, found) if np.isfinite(found) else 1.0


def measured(frame: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """Adds n, value, low, high, effective_n and reason, and x and total: what was won, of what. By amount there is no
    rate where there is none in the metric (win_rate.weighed): reason no_amounts, x and total 0; is_one_sided:
    because won or lost alone has none, so that the row cannot be left out of a sum without bending it."""
    n = frame["won"] + frame["lost"] + (frame["no_decision"] if measure == "decided" else 0)
    if measure == "amount":
        won, known, evidence = win_rate.weighed(frame)
        x, total = np.where(np.isnan(known), 0.0, won), np.nan_to_num(known)
        is_one_sided = np.isnan(known) & (frame[["won_amount", "lost_amount"]].fillna(0).sum(axis=1) > 0).to_numpy()
    else:
        x, total = frame["won"].to_numpy(float), n.to_numpy(float)
        evidence, is_one_sided = total, np.zeros(len(frame), dtype=bool)
    value = ratio(x, total)
    low, high = limits_of(value, evidence)
    reason = np.where(total > 0, "", np.where(n > 0, "no_amounts", "nothing_closed"))
    return frame.assign(n=n, x=x, total=total, is_one_sided=is_one_sided, value=value, low=low, high=high,
                        effective_n=evidence, reason=pd.Series(reason, index=frame.index, dtype="str"))


def needs_year(periods: Sequence[Period], horizon: Horizon, as_of: date, fiscal_year_start: int = 1) -> Period | None:
    """The twelve months up to the end of the last period, where they are known and are not whole periods: of a period
    that is still running, and of weeks. None: they can be added up, or the store does not reach back so far."""
    if not periods or horizon.first_closed_on is None:
        return None
    year = year_up_to(min(periods[-1].end, as_of))
    known_from = period_of(horizon.first_closed_on, cast(Grain, periods[-1].kind), fiscal_year_start).start
    is_whole = periods[-1].kind != "week" and periods[-1].is_complete(as_of)
    return None if is_whole or year.start < known_from else year


def with_overdue(frame: pd.DataFrame, flow: pd.DataFrame | None, by: Sequence[str], year: pd.DataFrame | None = None,
                 measure: Measure = "count") -> pd.DataFrame:
    """Adds open_overdue at the end of each period, n_year = n of the twelve months up to that day (NaN where they are
    not known or are no whole periods; `year`: those of the last one, rows of `measured`) and with_overdue = won /
    (n + open_overdue) of these twelve months: what is overdue has piled up over long, so that the closings of one
    period are no measure for it (some systems call this the win rate with stale ones).

    In: rows of `judged`; `flow`: of data/sql/overdue_flow.sql, None to leave it unknown; `year`: of
    data/sql/closings.sql as `measured`, where `needs_year`."""
    if flow is None:
        return frame.assign(open_overdue=np.nan, n_year=np.nan, with_overdue=np.nan)
    steps = flow.sort_values("day", kind="stable")
    rows, keys = _keys(frame, by), _keys(steps, by)
    places: dict[tuple[str, ...], list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    days, change = steps["day"].to_numpy(), steps["change"].to_numpy()
    running = {key: (days[at], change[at].cumsum()) for key, at in places.items()}
    stock = []
    for key, end in zip(rows, frame["end"].to_numpy(), strict=True):
        when, sums = running.get(key, (days[:0], change[:0]))
        place = int(np.searchsorted(when, end, side="right"))
        stock.append(int(sums[place - 1]) if place else 0)
    frame = frame.assign(open_overdue=np.array(stock, dtype="int64"))
    if measure == "amount":  # a rate by amount has no place for what is only counted
        return frame.assign(n_year=np.nan, with_overdue=np.nan)
    closed, won = (_of_a_year(frame, by, count, year) for count in ("n", "won"))
    below = closed + frame["open_overdue"]
    return frame.assign(n_year=closed, with_overdue=won / below.where(below > 0))


def _of_a_year(frame: pd.DataFrame, by: Sequence[str], name: str, year: pd.DataFrame | None) -> pd.Series:
    """A count of exactly the twelve months up to each row's end, per group: the sum where these are whole periods, in
    the last row that of `year` if given; else NaN. Rows of a group stand in time order."""
    found = pd.Series(np.nan, index=frame.index)
    start, end = (frame[c].to_numpy("datetime64[D]") for c in ("start", "end"))
    days, place = np.unique(end, return_inverse=True)
    begins = np.array([year_up_to(day.item()).start for day in days], dtype="datetime64[D]")[place]
    known = {} if year is None else dict(zip(_keys(year, by), year[name], strict=True))
    keys = _keys(frame, by)
    for part in (frame.groupby(list(by), sort=False, dropna=False).indices.values() if by else [np.arange(len(frame))]):
        total = np.concatenate([[0], frame[name].to_numpy(float)[part].cumsum()])
        first = np.searchsorted(start[part], begins[part])
        is_whole = start[part][np.minimum(first, len(part) - 1)] == begins[part]
        found.iloc[part] = np.where(is_whole, total[1:] - total[first], np.nan)
        if year is not None and len(part):
            found.iloc[part[-1]] = known.get(keys[part[-1]], 0)
    return found


def _keys(frame: pd.DataFrame, by: Sequence[str]) -> list[tuple[str, ...]]:
    return list(zip(*(frame[name].tolist() for name in by), strict=True)) if by else [()] * len(frame)
