"""Expected closes that are moved to a later date: who does it, how often, how far, and when in the quarter. Pure.

METHOD, other systems: `pushed` counts any later date; systems that count whole months or quarters only have a column
each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from analytics import apart as comparison
from analytics import periods
from analytics.metrics.frames import Context, added_up, ordered, ratio
from analytics.statistics.estimate import LEVEL, two_sided_p
from analytics.statistics.intervals import wilson_limits

Answers = Mapping[str, pd.DataFrame]
#: The last days of a fiscal quarter: pushes that gather there are made for the report.
LAST_DAYS = 14
#: Fewest pushes of which the timing is judged.
MIN_PUSHES = 10


def pushed(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Share of the opportunities with an expected close that were pushed in the period, one row per group.

    Columns: the groups, n (open with an expected close at some time in the period), amount (base currency, of the
    pushed), amount_missing (of pushed), pushed, pushed_month (over the end of a month), pushed_quarter (of a fiscal
    quarter), repeated (more than once), pulled (moved to an earlier date), moves, days (of all moves), days_mean (per
    move), value = pushed / n, low, high (Wilson), reason.
    """
    sums = added_up(answers["pushes"], list(by))
    low, high = wilson_limits(sums["pushed"], sums["n"])
    whole = ["n", "pushed", "pushed_month", "pushed_quarter", "repeated", "pulled", "moves", "days", "amount_missing"]
    told = {name: sums[name].to_numpy(float, na_value=0).astype("int64") for name in whole}
    told |= {"days_mean": ratio(sums["days"], sums["moves"]), "value": ratio(sums["pushed"], sums["n"]), "low": low,
             "high": high, "reason": pd.array(np.where(told["n"] > 0, "", "no_close_dates"), dtype="str")}
    columns = [
        "n",
        "amount",
        "amount_missing",
        "pushed",
        "pushed_month",
        "pushed_quarter",
        "repeated",
        "pulled",
        "moves",
        "days",
        "days_mean",
        "value",
        "low",
        "high",
        "reason",
    ]
    frame = pd.DataFrame({name: told[name] if name in told else sums[name] for name in (*by, *columns)})
    return ordered(frame, context, by)


def apart(frame: pd.DataFrame, cells: pd.DataFrame, by: str) -> pd.DataFrame:
    """Adds to rows of `pushed`, one per value of `by`, how they compare with the others of the same segment (columns:
    apart.beside); `cells`: the same rows by apart.keys(by)."""
    return comparison.beside(frame, comparison.others(cells, by, "pushed"), by)


class Timing(NamedTuple):
    """Of `pushes`, how many fell into the last days of a fiscal quarter, and how many would by the calendar alone."""

    pushes: int
    late: int
    #: share of the days of the period that are last days of a quarter
    usual: float
    #: that chance brings so many or more (normal approximation of the binomial); NaN below MIN_PUSHES
    p_value: float

    @property
    def is_late(self) -> bool:
        """Do pushes gather at the end of quarters, by more than chance?"""
        return self.p_value < 1 - LEVEL and self.late > self.usual * self.pushes


def timing(days: pd.DataFrame, start: date, end: date, fiscal_year_start: int = 1) -> Timing:
    """When in the fiscal quarter pushes are made. Columns of `days`: changed_on, pushes (sql/push_days.sql)."""
    usual = _usual(start, end, fiscal_year_start)
    made = days[days["pushes"] > 0]
    total = int(made["pushes"].sum())
    is_late = [_is_late(day.date(), fiscal_year_start) for day in made["changed_on"]]
    late = int(made.loc[is_late, "pushes"].sum())
    if total < MIN_PUSHES or not 0 < usual < 1:
        return Timing(total, late, usual, float("nan"))
    z = (late - 0.5 * np.sign(late - usual * total) - usual * total) / np.sqrt(total * usual * (1 - usual))
    return Timing(total, late, usual, two_sided_p(float(z)))


@lru_cache(maxsize=64)
def _usual(start: date, end: date, fiscal_year_start: int) -> float:
    """The share of the days of a period that are last days of a quarter: the same for everybody who pushes."""
    span = [start + timedelta(days=i) for i in range((end - start).days + 1)]
    return sum(_is_late(day, fiscal_year_start) for day in span) / max(1, len(span))


def weekly(days: pd.DataFrame, by: str, start: date, end: date, fiscal_year_start: int = 1) -> pd.DataFrame:
    """Pushes per ISO week and value of `by`, empty weeks included.

    Columns: `by`, week (its Monday), pushes, over_quarter, is_late (the last days of a fiscal quarter lie in it).
    """
    first = start - timedelta(days=start.weekday())
    weeks = pd.DataFrame({"week": pd.date_range(first, end, freq="7D").astype("datetime64[us]")})
    monday = days["changed_on"] - pd.to_timedelta(days["changed_on"].dt.day_of_week, unit="D")
    counted = (
        days.assign(week=monday).groupby([by, "week"], observed=True)[["pushes", "over_quarter"]].sum().reset_index()
    )
    grid = days[[by]].drop_duplicates().merge(weeks, how="cross")
    frame = grid.merge(counted, on=[by, "week"], how="left")
    frame[["pushes", "over_quarter"]] = frame[["pushes", "over_quarter"]].fillna(0).astype("int64")
    ends = frame["week"].map(
        lambda w: _is_late((w + timedelta(days=6)).date(), fiscal_year_start) or _is_late(w.date(), fiscal_year_start)
    )
    return frame.assign(is_late=ends.astype(bool)).sort_values([by, "week"], kind="stable").reset_index(drop=True)


def _is_late(day: date, fiscal_year_start: int) -> bool:
    return (periods.period_of(day, "quarter", fiscal_year_start).end - day).days < LAST_DAYS


def share(frame: pd.DataFrame) -> float | None:
    """The share of all groups together; None where nobody has an expected close."""
    n = frame["n"].sum()
    return float(frame["pushed"].sum() / n) if n else None


def foremost(frame: pd.DataFrame, by: str) -> str | None:
    """The group that stands most above the others (rows of `apart`), None if none does beyond chance."""
    above = frame[frame["is_apart"] & (frame["gap"] > 0)]
    return None if above.empty else str(above.loc[above["gap"].idxmax(), by])


def weeks_of(weeks: pd.DataFrame, by: str, who: str | None) -> pd.DataFrame:
    """The weeks (rows of `weekly`) of one group, or of all together."""
    if who is not None:
        return weeks[weeks[by] == who]
    return weeks.groupby("week", as_index=False).agg({"pushes": "sum", "over_quarter": "sum", "is_late": "max"})
