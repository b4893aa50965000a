"""The counts that forecasts are made of, in an order of their own, with numbers to look them up by. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from analytics.cells import Cells
from analytics.forecast_periods import Moment
from analytics.metrics.frames import Context, added_up
from analytics.win_trend import Horizon
from data.scope import UNKNOWN

#: What is counted (data/queries/forecast.py).
QUERIES = ("forecast_open", "forecast_won", "forecast_named", "forecast_reach")
STRATUM = ["pipeline", "segment"]
#: Each level of the cells refines the one before.
LEVELS = ("stage", "age", "due")
#: code of a cell -> what it is made of; "close" is the stratum refined by the expected close alone
_CODES = {"stratum": STRATUM, **{level: [*STRATUM, *LEVELS[: i + 1]] for i, level in enumerate(LEVELS)},
          "close": [*STRATUM, "due"]}


@dataclass(frozen=True)
class Told:
    """Rows of data/sql/forecast_open.sql (`opened`) and forecast_won.sql (`closed`), unknown groups named.

    Instead of names both have the columns at_group and at_stratum, `opened` also at_stage, at_age, at_due and at_close:
    whole numbers, the same for the same group, pipeline and segment, cell. `groups`: the groups in the order of
    at_group.
    """

    opened: Cells
    closed: Cells
    groups: pd.DataFrame
    by: tuple[str, ...]
    shrinkage: float
    #: of all that was open on a day, whatever segment is filtered: origin, n, unnamed (of no known segment)
    named: Cells
    #: are those of no known segment hidden, because others are filtered for?
    is_filtered: bool
    #: first day from which on closings are complete (win_trend.Horizon); None: none is known
    reach: date | None

    def at(self, some: Sequence[Moment]) -> Cells:
        """What was open on the days of some moments."""
        return _of(self.opened, some)

    def won(self, some: Sequence[Moment], part: str = "") -> Cells:
        """What was won without having been open then: before (`so_far`), afterwards (`later`), or either."""
        return _of(self.closed.where(self.closed["part"] == part) if part else self.closed, some)

    def unnamed(self, some: Sequence[Moment]) -> float:
        """Share of what was open on the days of some moments that has no known segment (0 where nothing was)."""
        there = _of(self.named, some)
        n = there["n"].sum()
        return float(there["unnamed"].sum() / n) if n else 0.0

    @property
    def parts(self) -> frozenset[int]:
        """Codes of the groups that are of known segments only, so that those of no known one may be their own."""
        if "segment" not in self.by:
            return frozenset(self.groups.index) if self.is_filtered else frozenset()
        return frozenset(self.groups.index[self.groups["segment"] != UNKNOWN])


def told(answers: Mapping[str, pd.DataFrame], context: Context, by: Sequence[str]) -> Told:
    """The answers of the four queries (QUERIES) as they are calculated with."""
    names = list(dict.fromkeys([*by, *STRATUM]))
    opened = _named(answers["forecast_open"], names, ["origin", *dict.fromkeys([*names, *LEVELS])])
    closed = _named(answers["forecast_won"], names, ["origin", "part", *names])
    codes = [_codes(opened, closed, list(by)), _codes(opened, closed, STRATUM)]
    for frame, places in zip((opened, closed), zip(*codes, strict=True), strict=True):
        frame[["at_group", "at_stratum"]] = np.column_stack(places)
    for name, columns in list(_CODES.items())[1:]:
        opened[f"at_{name}"] = opened.groupby(columns, sort=True).ngroup()
    hidden = answers["forecast_named"]
    named = opened.assign(unnamed=opened["n"].where(opened["segment"] == UNKNOWN, 0)) if hidden.empty else hidden
    shows_unnamed = any((frame["segment"] == UNKNOWN).any() for frame in (opened, closed))
    both = pd.concat([f[[*by, "at_group"]] for f in (opened, closed)], ignore_index=True)
    groups = both.drop_duplicates("at_group").sort_values("at_group", ignore_index=True)[list(by)]
    now, gone = (Cells.of(f.drop(columns=[c for c in (*names, "stage", "age") if c in f])) for f in (opened, closed))
    return Told(now, gone, groups, tuple(by), context.settings.win_rate.shrinkage,
                Cells.of(named[["origin", "n", "unnamed"]]), not hidden.empty and not shows_unnamed,
                Horizon.told(answers["forecast_reach"]).complete_from)


def summed(past: Cells, cells: Cells, level: str, *columns: str) -> list[np.ndarray]:
    """Sums of columns of the past for every cell, over all that shares its code of `level`; 0 where there is
    nothing."""
    place, mine = past[f"at_{level}"], cells[f"at_{level}"]
    size = int(max(place.max(initial=-1), mine.max(initial=-1))) + 1
    return [np.bincount(place, past[c], size)[mine] for c in columns]


def _of(cells: Cells, some: Sequence[Moment]) -> Cells:
    origin = cells["origin"]
    return cells.where(np.isin(origin, np.array([m.origin for m in some], dtype=origin.dtype)))


def _named(frame: pd.DataFrame, names: Sequence[str], keys: list[str]) -> pd.DataFrame:
    """One row per `keys`, sorted, with unknown groups named and without the order of the stages."""
    missing = {c: UNKNOWN for c in names if c not in frame}  # what was won has no stage
    text = {c: frame[c].astype("str").fillna(UNKNOWN) for c in names if c in frame}
    frame = added_up(frame.drop(columns="stage_order", errors="ignore").assign(**missing, **text), keys)
    return frame.sort_values(keys, kind="stable", ignore_index=True)


def _codes(opened: pd.DataFrame, closed: pd.DataFrame, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    if not names:
        return np.zeros(len(opened), dtype="int64"), np.zeros(len(closed), dtype="int64")
    both = pd.concat([opened[names], closed[names]], ignore_index=True)
    codes = both.groupby(names, sort=True).ngroup().to_numpy()
    return codes[: len(opened)], codes[len(opened):]
