"""Questions about win rates: their moves, whether these are real, what they are made of. A part of `analytics.ask.Ask`.

The data come through Ask; here is only what belongs to which question.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from analytics import backtest, calibration, decomposition, fluctuation, periods, win_losses, win_trend
from analytics.metrics.frames import Context, ladder, ordered
from analytics.view import View
from analytics.win_trend import Grain, Horizon, Measure
from data.scope import UNKNOWN
from data.settings import Settings

T = TypeVar("T")

#: The groups among which `win_shifts` looks for a move; the unknown value of a dimension is no group.
LOOKED_AT = ("segment", "type", "grade", "sales_mode", "product_line", "region", "industry", "ownership", "lead_source",
             "main_competitor", "team", "owner_id")
#: Of so many groups that fell it is asked against whom and where they lose.
EXPLAINED = 4
#: gamma is refitted on so many opportunities, those closed last.
REFITTED = 20_000


class WinQuestions:
    """What `Ask` can be asked about win rates."""

    if TYPE_CHECKING:
        settings: Settings

        @property
        def _fiscal(self) -> int: ...
        def _asked(self, query: str, view: View, by: Sequence[str] = (), **more: Any) -> pd.DataFrame: ...
        def _groups(self, by: Sequence[str]) -> tuple[str, ...]: ...
        def _as_asked(self, frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame: ...
        def compared(self, view: View) -> View | None: ...
        def remembered(self, key: Hashable, make: Callable[[], T]) -> T: ...
        def metric(self, key: str, view: View, by: Sequence[str] = (), **options: int) -> pd.DataFrame: ...

    def win_trend(self, view: View, grain: Grain = "quarter", by: Sequence[str] = (), *, measure: Measure = "count",
                  count: int | None = None, since: Sequence[tuple[str, str]] = ()) -> pd.DataFrame:
        """Win rate per week, month or quarter up to the end of the view's period, with control limits, signals and what
        was overdue (columns: the groups, win_trend.COLUMNS). `count` periods, or as many as the view's period needs.
        `since`: (group, period) that begins another level (`win_shifts`), with limits of its own.
        """
        keys, horizon = self._groups(by), self._horizon(view)
        frame = self._judged_rates(view, grain, keys, measure, count, since)
        flow = self._asked("overdue_flow", view, keys) if horizon.knows_due else None
        span = (None if flow is None or measure == "amount" else win_trend.needs_year(
            self._shown(view, grain, horizon, count), horizon, view.as_of, self._fiscal))
        year = (None if span is None else win_trend.measured(
            self._asked("closings", view.with_(start=span.start, end=span.end), keys), measure))
        frame = win_trend.with_overdue(frame, flow, keys, year, measure)[[*keys, *win_trend.COLUMNS]]
        return self._as_asked(self._in_order(frame, view, by), by)

    def win_split(self, view: View, by: str = "segment", *, measure: Measure = "count") -> pd.DataFrame:
        """The change of the win rate since the period compared with (default: the one before), split into mix and rate
        per group of `by`; the total comes last.

        Columns: `by`, is_total, n_before, x_before, n, x (amounts where `measure` is amount), decomposition.ADDED,
        sigma_z, is_truncated (the store does not reach back far enough for one of the periods: no change), before, now
        (names of the periods). No rows where the view has no period or nothing to be compared with.
        """
        other = self.compared(view) or self.compared(view.with_(compare="previous"))
        if view.start is None or other is None or other.start is None:
            return decomposition.none(by)
        now = win_trend.named(view.start, view.end or view.as_of, self._fiscal)
        before = win_trend.named(other.start, other.end or other.as_of, self._fiscal)
        horizon = self._horizon(view)
        grain = win_trend.grain_of(now)
        sigma_z = self._sigma_z(view, grain, measure)
        key, = self._groups([by])
        was, is_ = (win_trend.measured(self._asked("closings", v, [key]), measure) for v in (other, view))
        frame = decomposition.split(decomposition.paired(was, is_, key), key, sigma_z=sigma_z)
        frame = frame.assign(sigma_z=sigma_z, is_truncated=horizon.cuts(before) or horizon.cuts(now),
                             before=before.name, now=now.name)
        total = frame[frame["is_total"]]
        frame = pd.concat([self._in_order(frame[~frame["is_total"]], view, [key]), total], ignore_index=True)
        return self._as_asked(frame, [by])

    def win_splits(self, view: View, by: str = "segment", grain: Grain = "quarter", *, measure: Measure = "count",
                   count: int | None = None) -> pd.DataFrame:
        """Every change from one period to the next, split into mix and rate, oldest first (columns as in `win_split`).

        Certainties are for all of them together. Truncated and running periods are left out.
        """
        key, = self._groups([by])
        frame = self._judged_rates(view, grain, [key], measure, count)
        usable = [p.name for p in self._judged_periods(view, grain, count)]
        found = decomposition.chain(frame, key, usable, sigma_z=self._sigma_z(view, grain, measure))
        return self._as_asked(found, [by])

    def win_shifts(self, view: View, grain: Grain = "quarter", dimensions: Sequence[str] = LOOKED_AT,
                   *, count: int | None = None) -> pd.DataFrame:
        """Who wins more or less than before, and since when, among all groups of all `dimensions` and in the whole
        (dimension ""): the most certain first (columns: fluctuation.SHIFTS). Only what holds after adjusting for
        everything that was tried is_real.
        """
        shown = self._judged_periods(view, grain, count)
        if not shown:
            return pd.DataFrame(columns=list(fluctuation.SHIFTS))
        span = view.with_(start=shown[0].start, end=shown[-1].end)
        asked = dict(zip(self._groups(dimensions), dimensions, strict=True))
        counts = self._asked("closings_each", span, list(asked), unit=grain, fiscal_year_start=self._fiscal)
        counts = counts.assign(dimension=counts["dimension"].map(asked).astype("str").fillna(""))
        counts = win_trend.per_period(counts, shown, ["dimension", "value"], self._fiscal)
        counts = counts.assign(n=counts["won"] + counts["lost"])
        whole = counts[counts["dimension"] == ""]
        return fluctuation.shifts(counts[counts["value"] != UNKNOWN], sigma_z=win_trend.sigma_z(whole))

    def win_judged_since(self, view: View, grain: Grain = "quarter") -> str:
        """The first period that `win_shifts` looks at, "" where there is none."""
        shown = self._judged_periods(view, grain, None)
        return shown[0].name if shown else ""

    def win_losses(self, view: View, grain: Grain = "quarter", *, count: int | None = None,
                   shifts: pd.DataFrame | None = None) -> pd.DataFrame:
        """Against whom and in which stage those groups lose more than before whose win rate fell by more than chance
        explains (`win_shifts`, is_moved).

        Columns: dimension, value and since of the shift, win_losses.COLUMNS; of each shift the most certain first. The
        time before and after are those of the shift. `shifts`: the answer of `win_shifts`, where it is at hand.
        """
        moved = self.win_shifts(view, grain, count=count) if shifts is None else shifts
        fell = moved[moved["is_moved"] & (moved["change"] < 0) & (moved["dimension"] != "")].head(EXPLAINED)
        shown = self._judged_periods(view, grain, count)
        everybody: dict[date, pd.DataFrame] = {}
        parts = []
        for row in fell.to_dict("records"):
            cut = periods.parse(row["since"], self._fiscal).start
            key, = self._groups([row["dimension"]])
            mine = view.with_(filters=view.filters.with_(**{key: [row["value"]]}))
            if cut not in everybody:
                everybody[cut] = self._losses(view, shown, cut)
            counts = self._losses(mine, shown, cut)
            parts.append(win_losses.compare(counts, everybody[cut], ladder(self.settings), groups=len(fell)).assign(
                **{c: row[c] for c in ("dimension", "value", "since")}))
        columns = ["dimension", "value", "since", *win_losses.COLUMNS]
        return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)

    def _losses(self, view: View, shown: Sequence[periods.Period], cut: date) -> pd.DataFrame:
        return self._asked("losses", view.with_(start=shown[0].start, end=shown[-1].end), cut=cut)

    def win_by_stage(self, view: View, by: Sequence[str] = ()) -> pd.DataFrame:
        """Win rate by stage reached: the rows of the metric win_rate.by_stage (analytics/win_by_stage.py)."""
        return self.metric("win_rate.by_stage", view, by)

    def calibration(self, view: View, *, whole: bool = True) -> dict[str, pd.DataFrame]:
        """Does the predicted win rate tell the truth? "bins": reliability (columns: calibration.reliability); "scores":
        Brier and the like per source (calibration.scores); "refit": one row, what the closed ones say of gamma
        (calibration.Refit); "days": one row, days before the close, first and last closing that anything had predicted
        (missing: nothing had).

        `whole`: all that was closed up to the end of the view's period, because a quarter is little; else the period.
        """
        rules, asked = self.settings.win_rate, self._judged(view, whole)
        days = rules.judged_days_before
        counts = self._asked("calibration_bins", asked)
        parties = self._asked("calibration_parties", asked, limit=REFITTED)
        found = calibration.refit(parties, current=rules.gamma, need_weight=rules.need_weight, floor=rules.floor,
                                  closeness_weight=rules.closeness_weight, minimum=rules.refit_minimum)
        return {"bins": calibration.reliability(counts), "scores": calibration.scores(counts),
                "refit": pd.DataFrame([found._asdict()]), "days": _predicted(counts, days)}

    def backtest_closeness(self, view: View, *, whole: bool = True) -> dict[str, pd.DataFrame]:
        """Does closeness predict? "bands": win rate by closeness before the close (backtest.bands); "verdicts": the
        test for a trend per source (backtest.verdicts); "days" and `whole` as in `calibration`."""
        asked, days = self._judged(view, whole), self.settings.win_rate.judged_days_before
        counts = self._asked("closeness_outcomes", asked)
        trend = self._asked("closeness_trend", asked)
        return {"bands": backtest.bands(counts, self.settings.closeness.bands),
                "verdicts": backtest.verdicts(counts, trend), "days": self._looked_at(asked, days)}

    def _judged(self, view: View, whole: bool) -> View:
        return view.with_(start=None) if whole else view

    def _looked_at(self, view: View, days: int) -> pd.DataFrame:
        first = view.start or self._horizon(view).first_closed_on
        return pd.DataFrame({"days": [days], "first": pd.Series([first], dtype="datetime64[us]"),
                             "last": pd.Series([self._until(view)], dtype="datetime64[us]")})

    def _horizon(self, view: View) -> Horizon:
        return Horizon.told(self._asked("closing_horizon", view.with_(start=None, end=None)))

    def _until(self, view: View) -> date:
        return min(view.end, view.as_of) if view.end else view.as_of

    def _shown(self, view: View, grain: Grain, horizon: Horizon, count: int | None) -> list[periods.Period]:
        start = view.start if count is None else None
        return win_trend.shown(horizon, grain, start, self._until(view), self._fiscal, count)

    def _judged_periods(self, view: View, grain: Grain, count: int | None) -> list[periods.Period]:
        """Those shown that are over and to which the store reaches back."""
        horizon = self._horizon(view)
        return [p for p in self._shown(view, grain, horizon, count)
                if not horizon.cuts(p) and p.is_complete(self._until(view))]

    def _judged_rates(self, view: View, grain: Grain, keys: Sequence[str], measure: Measure, count: int | None = None,
                      since: Sequence[tuple[str, str]] = ()) -> pd.DataFrame:
        """The rows of win_trend.judged: the charts of a page, its splits and sigma_z rest on the same ones."""
        def make() -> pd.DataFrame:
            horizon = self._horizon(view)
            shown = self._shown(view, grain, horizon, count)
            return win_trend.judged(
                self._closings_by(view, grain, keys, shown), shown, horizon, by=keys, as_of=view.as_of,
                measure=measure, view=(view.start, self._until(view)), fiscal_year_start=self._fiscal,
                since=dict(since))
        asked = ("judged_rates", view, grain, tuple(keys), measure, count, tuple(since))
        return self.remembered(asked, make)

    def _closings_by(self, view: View, grain: Grain, keys: Sequence[str],
                     shown: Sequence[periods.Period]) -> pd.DataFrame:
        span = view.with_(start=shown[0].start, end=shown[-1].end) if shown else view
        return self._asked("closings_by", span, keys, unit=_unit(grain))

    def _sigma_z(self, view: View, grain: Grain, measure: Measure) -> float:
        """How much more than by chance the rate of everybody usually moves from period to period; 1 if not known."""
        return _known(self._judged_rates(view, grain, (), measure)["sigma_z"])

    def _in_order(self, frame: pd.DataFrame, view: View, by: Sequence[str]) -> pd.DataFrame:
        return ordered(frame, Context(self.settings, view.as_of), self._groups(by)) if by else frame


def _unit(grain: Grain) -> str:
    """What closings are counted by in SQL: quarters are made of months, because they may be fiscal ones."""
    return "week" if grain == "week" else "month"


def _known(sigma_z: pd.Series) -> float:
    """sigma_z of a chart as a factor: at least 1, and 1 where too few periods tell it."""
    return max(1.0, float(sigma_z.iloc[0])) if len(sigma_z) and pd.notna(sigma_z.iloc[0]) else 1.0


def _predicted(counts: pd.DataFrame, days: int) -> pd.DataFrame:
    """Days before the close, and the first and last closing that was predicted (rows of calibration_bins.sql)."""
    predicted = counts[counts["source"] != ""]
    return pd.DataFrame({"days": [days], "first": pd.to_datetime(pd.Series([predicted["first_on"].min()])),
                         "last": pd.to_datetime(pd.Series([predicted["last_on"].max()]))})
