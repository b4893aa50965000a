"""Questions about the open pipeline: what moved it, who pushes, is it enough. A part of `analytics.ask.Ask`.

The data come through Ask; here is only what belongs to which question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics import apart, bridge, coverage
from analytics import pushes as pushing
from analytics.metrics.frames import Context, ordered
from analytics.view import View
from data.engine import Company
from data.settings import Settings

#: Without activity for so many days (METHOD B15: the day on which a KA deal is warned about).
IDLE_DAYS = 30
#: Without a period the bridge and the pushes look back so far.
_RECENT = 90


class PipelineQuestions:
    """What `Ask` can be asked about the open pipeline."""

    if TYPE_CHECKING:
        settings: Settings

        @property
        def _fiscal(self) -> int: ...
        def _asked(self, query: str, view: View, by: Sequence[str] = (), **more: Any) -> pd.DataFrame: ...
        def _groups(self, by: Sequence[str]) -> tuple[str, ...]: ...
        def _as_asked(self, frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame: ...

        company: Company

        def _names(self, of: str, ids: Sequence[Any], as_of: date) -> dict[str, str]: ...
        def metric(self, key: str, view: View, by: Sequence[str] = (), **options: int) -> pd.DataFrame: ...

    def bridge(self, view: View, by: Sequence[str] = ()) -> pd.DataFrame:
        """What moved the open pipeline in the view's period, from the end of the day before it to its last day (or the
        as-of date); without a start: the 30 days before. One row per group and part (columns: bridge.parts).

        The balance start + ins + changes - outs = end is exact for every group, filter and scope.
        """
        keys = self._groups(by)
        counts = self._asked("bridge", view, keys)
        frame = bridge.parts(counts if keys or len(counts) else counts.iloc[:0], keys)
        if keys:
            order = {part: i for i, part in enumerate(bridge.PARTS)}
            frame = frame.sort_values("part", key=lambda p: p.map(order), kind="stable")
            frame = ordered(frame, Context(self.settings, view.as_of), keys)
        return self._as_asked(frame, by)

    def pushes(self, view: View, by: str = "team") -> pd.DataFrame:
        """Who pushes the expected close of open opportunities in the period (columns: `by`, pushes.pushed and apart,
        and of the timing: late (pushes in the last fortnight of a fiscal quarter), usual (share of the days), is_late),
        the largest share first. No period: the last 90 days."""
        view = self._recent(view)
        (key,) = self._groups([by])
        frame = self.metric("pipeline.pushes", view, [key])
        cells = frame if key == "segment" else self.metric("pipeline.pushes", view, apart.keys(key))
        frame = pushing.apart(frame, cells, key)
        days = self._asked("push_days", view, [key], fiscal=self._fiscal)
        when = {name: self._timed(part, view) for name, part in days.groupby(key, observed=True)}
        nothing = self._timed(days.iloc[:0], view)
        found = [when.get(name, nothing) for name in frame[key]]
        frame = frame.assign(
            late=[f.late for f in found], usual=[f.usual for f in found], is_late=[f.is_late for f in found]
        )
        return self._as_asked(frame.sort_values("value", ascending=False, kind="stable").reset_index(drop=True), [by])

    def is_one_export(self, view: View) -> bool:
        """Can nothing be seen to have moved, because there is one snapshot at most up to the day?"""
        return sum(day <= view.as_of for day in self.company.dates) < 2

    def push_weeks(self, view: View, by: str = "team") -> pd.DataFrame:
        """Pushes per week and value of `by` (columns: pushes.weekly). No period: the last 90 days."""
        view = self._recent(view)
        (key,) = self._groups([by])
        days = self._asked("push_days", view, [key], fiscal=self._fiscal)
        return self._as_asked(pushing.weekly(days, key, _start(view), _until(view), self._fiscal), [by])

    def export_days(self, view: View) -> int | None:
        """Usual days (median) from one export to the next in the period: a change of a snapshot is known to lie between
        two of them, and is dated by the later one. None: there are no two."""
        view = self._recent(view)
        seen = [d for d in self.company.dates if _start(view) <= d <= _until(view)]
        return int(median((b - a).days for a, b in pairwise(seen))) if len(seen) > 1 else None

    def target_coverage(self, view: View, by: Sequence[str] = ("segment",), *, quarters: int = 2) -> pd.DataFrame:
        """Coverage of the remaining target in the fiscal quarter that is not over yet and the following ones.

        Columns: quarter (name), starts (its first day), the groups, coverage.coverage. Not by the view's period.
        """
        found = []
        for quarter in coverage.horizon(view.as_of + timedelta(days=1), self._fiscal, quarters):
            rows = self.metric("pipeline.coverage", view.with_(start=quarter.start, end=quarter.end), by)
            found.append(rows.assign(quarter=quarter.name, starts=pd.Timestamp(quarter.start)))
        frame = pd.concat([f for f in found if len(f)] or found[:1], ignore_index=True)
        return frame[["quarter", "starts", *(c for c in frame.columns if c not in ("quarter", "starts"))]]

    def largest_accounts(self, view: View, *, limit: int = 10) -> pd.DataFrame:
        """The accounts with the largest open amounts: account_id, account_name, n, amount, amount_missing."""
        frame = self._asked("largest_accounts", view, limit=limit)
        known = self._names("account", list(frame["account_id"]), view.as_of)
        return frame.assign(account_name=frame["account_id"].map(known).astype("str").fillna(frame["account_id"]))

    def _pipeline_needs(self, query: str, as_of: date, options: Mapping[str, int]) -> dict[str, Any]:
        """What a query about the pipeline must know besides the view."""
        if query in ("pushes", "pushed"):
            return {"fiscal": self._fiscal}
        if query == "hygiene":
            return {
                "snapshot": max((d for d in self.company.dates if d <= as_of), default=None),
                "zone": self.settings.organisation.timezone,
                "idle": options.get("idle", IDLE_DAYS),
            }
        return {}

    def _recent(self, view: View) -> View:
        return view if view.start else view.with_(start=_until(view) - timedelta(days=_RECENT))

    def _timed(self, days: pd.DataFrame, view: View) -> pushing.Timing:
        return pushing.timing(days, _start(view), _until(view), self._fiscal)


def _start(view: View) -> date:
    return view.start or _until(view) - timedelta(days=_RECENT)


def _until(view: View) -> date:
    return min(view.end, view.as_of) if view.end else view.as_of
