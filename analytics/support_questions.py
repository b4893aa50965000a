"""Questions about the support line: response, waste, return, lift, load. A part of `analytics.ask.Ask`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics import periods, support, support_shifts
from analytics.metrics.frames import Context, ordered
from analytics.view import View
from data import queries
from data.queries import Slice
from data.settings import Settings


class SupportQuestions:
    """What `Ask` can be asked about the support line."""

    if TYPE_CHECKING:
        settings: Settings

        @property
        def _fiscal(self) -> int: ...
        def _asked(self, query: str, view: View, by: Sequence[str] = (), **more: Any) -> pd.DataFrame: ...
        def _context(self, slice_: Slice) -> Context: ...
        def _named_months(self, counts: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame: ...

    def support_measured(self, view: View) -> bool:
        """Are there any support requests up to the as-of date?"""
        return bool(self._of_support("support_known", view)["is_known"].iloc[0])

    def support_response(self, view: View) -> pd.DataFrame:
        """How soon each support team answered the requests of the period, slowest first (columns: support.per_team)."""
        return support.per_team(self._of_support("support_response", view), self.settings.support.sla_hours)

    def support_trend(self, view: View) -> pd.DataFrame:
        """The same per quarter of the request, the last support.quarters up to the end of the period: quarter, then the
        columns of support_response."""
        counts, _ = self._by_quarter(view)
        return support.per_team(counts, self.settings.support.sla_hours, ["quarter"])

    def support_shifts(self, view: View) -> pd.DataFrame:
        """Which support team answers later or sooner than before and than the others (columns:
        support_shifts.SHIFTS)."""
        counts, names = self._by_quarter(view)
        return support_shifts.shifts(counts, names, minimum=self.settings.support.shown_minimum)

    def support_conditions(self, view: View) -> pd.DataFrame:
        """Hours with and without the necessary conditions, per segment (columns: support.conditions)."""
        frame = support.conditions(self._of_support("support_use", view))
        return ordered(frame, Context(self.settings, view.as_of), ["segment"])

    def support_load(self, view: View) -> dict[str, pd.DataFrame]:
        """Hours on what is open: "segments" (columns: support.load) and "sellers" (segment, team, owner_id, n,
        requests, hours, value = hours per open opportunity), most hours first."""
        sellers = self._of_support("support_load", view)
        sellers = sellers.assign(value=sellers["hours"] / sellers["n"]).sort_values(
            ["hours", "owner_id"], ascending=[False, True], ignore_index=True
        )
        segments = ordered(support.load(sellers), Context(self.settings, view.as_of), ["segment"])
        return {"segments": segments, "sellers": sellers}

    def _of_support(self, query: str, view: View, by: Sequence[str] = ()) -> pd.DataFrame:
        return self._asked(query, view, by, **queries.support_rules(self.settings))

    def _by_quarter(self, view: View) -> tuple[pd.DataFrame, list[str]]:
        """Counts of the last quarters with their names, and these, oldest first."""
        until = min(view.end, view.as_of) if view.end else view.as_of
        shown = periods.last(self.settings.support.quarters, "quarter", until, self._fiscal)
        span = view.with_(start=shown[0].start, end=until)
        counts = self._named_months(self._of_support("support_response", span, ["month"]), ["quarter"])
        return counts, [p.name for p in shown]
