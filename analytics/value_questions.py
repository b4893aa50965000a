"""Questions about value: the board of all lines, baseline against now, the mix of sales modes. A part of `analytics.ask.Ask`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics import value
from analytics.metrics.frames import Context
from analytics.view import View
from data import queries
from data.queries import Slice
from data.settings import Settings


class ValueQuestions:
    """What `Ask` can be asked about value (METHOD B18)."""

    if TYPE_CHECKING:
        settings: Settings

        def _asked(self, query: str, view: View | Slice, by: Sequence[str] = (), **more: Any) -> pd.DataFrame: ...
        def _as_asked(self, frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame: ...
        def _context(self, slice_: Slice) -> Context: ...
        def _groups(self, by: Sequence[str]) -> tuple[str, ...]: ...

    def mode_mix(self, view: View, by: str = "region") -> pd.DataFrame:
        """How the amount won in the period divides among direct, mixed and channel, per `by` (columns: value.mix)."""
        key, = self._groups([by])
        return self._as_asked(value.mix(self._asked("value_won", view, [key]), key), [by])

    def _value_rules(self, query: str, slice_: Slice, keys: Sequence[str]) -> dict[str, Any]:
        """What a query of data/queries/value.py needs besides the slice; nothing to any other."""
        context = self._context(slice_)
        unit = next((u for u in ("month", "quarter") if u in keys), None)
        if query == "value_coverage":
            return {"reached": self.settings.closeness.reached_days}
        if query == "value_velocity":
            return {"days": value.last_days(context, unit)}
        if query == "value_conflict":
            return {"days": value.last_days(context, unit), **queries.quality_rules(self.settings)}
        if query == "value_sellers":
            return {"days": list(value.month_parts(context))}
        return {}
