"""Questions about what will be won, and how well that was known before. A part of `analytics.ask.Ask`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics import coverage, forecast, forecast_periods, forecast_replay
from analytics.forecast_counts import QUERIES, Told, told
from analytics.forecast_periods import Moment
from analytics.forecast_replay import Measure
from analytics.metrics.frames import Context, ordered
from analytics.view import View
from data.engine import Company
from data.queries import Slice
from data.settings import Settings


class ForecastQuestions:
    """What `Ask` can be asked about forecasts."""

    if TYPE_CHECKING:
        company: Company
        settings: Settings

        @property
        def _fiscal(self) -> int: ...
        def _asked(self, query: str, view: View, by: Sequence[str] = (), **more: Any) -> pd.DataFrame: ...
        def _groups(self, by: Sequence[str]) -> tuple[str, ...]: ...
        def _as_asked(self, frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame: ...

    def forecast(self, view: View, by: Sequence[str] = ("segment",), *, ahead: int = 0) -> pd.DataFrame:
        """What every method says of the quarter (`ahead`: forecast_periods.moments), beside the target.

        Columns: the groups, forecast.COLUMNS, target (base currency; unknown where none is set for the group).
        """
        keys, (now, *past) = self._groups(by), self._moments(view, ahead)[:1 + ahead + forecast_periods.LEARNED]
        known = self._told_forecast(view, keys, [now, *past])
        frame = self._sorted(forecast.forecasts(known, now, past), view, keys)
        period = Context(self.settings, view.as_of, now.first, now.last)
        given = coverage.target_of(self._asked("targets", view, keys), period, keys).rename(columns={"quota": "target"})
        whole = given["target"].sum(min_count=1)
        frame = frame.merge(given, on=list(keys), how="left") if keys else frame.assign(target=whole)
        return self._as_asked(frame[[*keys, *forecast.COLUMNS, "target"]], by)

    def forecast_replay(self, view: View, by: Sequence[str] = ("segment",), *, ahead: int = 0,
                        lead: int | None = None, measure: Measure = "amount") -> dict[str, pd.DataFrame]:
        """What would have been said of the last eight quarters, as many days before their end as today is before that
        of the quarter forecast, or `lead` days. "rows": every forecast beside what came (columns: the groups,
        forecast_replay.COLUMNS, is_seen: had an export shown what was open by then); "accuracy": how far off each
        method was by `measure` (the groups, forecast_replay.ACCURACY without n).
        """
        keys, (now, *past) = self._groups(by), self._moments(view, ahead, lead)
        rows = forecast_replay.replay(self._told_forecast(view, keys, [now, *past]), now, past)
        rows["is_seen"] = rows["origin"] >= pd.Timestamp(self.company.dates[0]) if self.company.dates else False
        kept = [*keys, *(c for c in forecast_replay.ACCURACY if c != "n")]
        parts = {"rows": rows, "accuracy": forecast_replay.judged(rows, keys, measure=measure)[kept]}
        return {name: self._as_asked(self._sorted(frame, view, keys), by) for name, frame in parts.items()}

    def _moments(self, view: View | Slice, ahead: int, lead: int | None = None) -> list[Moment]:
        return forecast_periods.moments(view.as_of, ahead, self._fiscal, lead=lead)

    def _forecast_days(self, query: str, view: View | Slice, options: Mapping[str, int] | None = None,
                       moments: Sequence[Moment] | None = None) -> dict[str, Any]:
        """What one of forecast_counts.QUERIES asks for besides the view."""
        if query == "forecast_reach":
            return {}
        asked = self._moments(view, (options or {}).get("ahead", 0)) if moments is None else moments
        days = {"moments": [m[1:] for m in asked]}
        return days | ({} if query == "forecast_won" else {"promised": promised(self.settings)})

    def _told_forecast(self, view: View, keys: Sequence[str], moments: Sequence[Moment]) -> Told:
        answers = {q: self._asked(q, view, keys, **self._forecast_days(q, view, moments=moments))
                   for q in QUERIES}
        return told(answers, Context(self.settings, view.as_of), keys)

    def _sorted(self, frame: pd.DataFrame, view: View, keys: Sequence[str]) -> pd.DataFrame:
        return ordered(frame, Context(self.settings, view.as_of), keys) if keys else frame


def promised(settings: Settings) -> list[tuple[str, str, float]]:
    """(pipeline, stage, default probability) of every open stage that has one."""
    return [(p.key, s.key, s.probability) for p in settings.pipelines for s in p.stages
            if s.kind == "open" and s.probability is not None]
