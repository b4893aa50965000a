"""Questions about value: the board of all lines, baseline against now, the mix of sales modes. A part of `Ask`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics import headline, periods, standards, value
from analytics.metrics.frames import Context, ordered
from analytics.metrics.registry import Metric, get
from analytics.periods import Period
from analytics.view import View
from analytics.win_trend import Horizon
from data import queries
from data.errors import MvpodError
from data.queries import Slice
from data.scope import UNKNOWN
from data.settings import Settings

#: quarters of the small lines
QUARTERS = 8
#: what stands in the column quarter for the period of the view and for the one compared with
NOW, BEFORE = "now", "before"
#: metrics that hold something against the length of their period, and counts that have no period
OF_THEIR_PERIOD, WITHOUT_PERIOD = ("value.efficiency",), ("overdue", "support_known")
#: stocks, and the query that looks at them on several days
STOCKS = {"open_stock": "open_stock_on", "value_velocity": "value_velocity", "value_conflict": "value_conflict",
          "value_penetration": "value_penetration"}
#: stocks that are asked for now only: what was won stays, so that they rise with the history known, whatever happens
WITHOUT_COURSE = ("value_penetration",)
#: counts of a query, a view and groups
Counts = Callable[[str, View, Sequence[str]], pd.DataFrame]


class ValueQuestions:
    """What `Ask` can be asked about value (METHOD B18)."""

    if TYPE_CHECKING:
        settings: Settings
        company: Any

        @property
        def _fiscal(self) -> int: ...
        def _asked(self, query: str, view: View | Slice, by: Sequence[str] = (), **more: Any) -> pd.DataFrame: ...
        def _as_asked(self, frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame: ...
        def _context(self, slice_: Slice) -> Context: ...
        def _counts(self, query: str, slice_: Slice, keys: Sequence[str]) -> pd.DataFrame: ...
        def _groups(self, by: Sequence[str]) -> tuple[str, ...]: ...
        def _horizon(self, view: View) -> Horizon: ...
        def compared(self, view: View) -> View | None: ...
        def metric(self, key: str, view: View, by: Sequence[str] = (), **options: int) -> pd.DataFrame: ...
        def standards(self, key: str, view: View, by: Sequence[str] = ("segment",)) -> pd.DataFrame: ...

    def headline(self, view: View, by: Sequence[str] = ()) -> pd.DataFrame:
        """The tiles of the value board (columns: the groups, headline.COLUMNS) against the view's comparison, with
        their course over eight quarters; every tile for every known group of `by` that has any row of any metric."""
        return self._board(view, self.compared(view), by, with_more=True)

    def value_baseline(self, view: View, by: Sequence[str] = ()) -> pd.DataFrame:
        """The same against the baseline (setting value.baseline), without course and standard; added: baseline (name of
        the period). No rows where the data do not reach back to any baseline before the view's period."""
        base = self.baseline(view)
        if base is None:
            return pd.DataFrame(columns=[*by, *headline.COLUMNS, "baseline"])
        other = view.with_(start=base.start, end=base.end, compare="none",
                           as_of=min(view.as_of, base.end + max(timedelta(0), view.as_of - (view.end or view.as_of))))
        return self._board(view, other, by).assign(baseline=base.name)

    def baseline(self, view: View) -> Period | None:
        """The period that the organisation compares itself with: that of the settings, else the first fiscal year of
        which the data hold all closings. None where it is not over before the view's period begins."""
        before = view.start or view.as_of
        if self.settings.value.baseline:
            found = periods.parse(self.settings.value.baseline, self._fiscal)
            return found if found.end < before else None
        horizon = self._horizon(View(view.as_of, scope=view.scope))
        if horizon.complete_from is None:
            return None
        years = periods.between(horizon.complete_from, view.as_of, "year", self._fiscal)
        return next((y for y in years if not horizon.cuts(y) and y.end < before), None)

    def mode_mix(self, view: View, by: str = "region") -> pd.DataFrame:
        """How the amount won in the period divides among direct, mixed and channel, per `by` (columns: value.mix).
        Raises MvpodError E_GROUP for the mode itself."""
        key, = self._groups([by])
        if key == "sales_mode":  # each mode would be all of its own group
            known = [name for name in queries.GROUPS if name != key]
            raise MvpodError("E_GROUP", found=by, known=known, hint="region")
        return self._as_asked(value.mix(self._counts("value_won", _slice(view), [key]), key), [by])

    def _board(self, view: View, other: View | None, by: Sequence[str], *, with_more: bool = False) -> pd.DataFrame:
        keys, counts = self._groups(by), self._remembered()
        quarters = periods.last(QUARTERS, "quarter", view.as_of, self._fiscal) if with_more else []
        found = {key: self._tile_rows(get(key), view, other, quarters, keys, counts) for key in headline.TILES}
        rows = {key: headline.per_group(frame, ["quarter", *keys]) for key, frame in found.items()}
        present = [frame[frame["quarter"] == NOW] for frame in found.values()]
        wanted = ordered(headline.groups(present, keys), Context(self.settings, view.as_of), keys)
        tiles, given = [], queries.standards_given(self.company.cursor()) if with_more else None
        for key, mine in rows.items():
            aim = self.standards(key, view, by) if given is not None and self._has_standard(key, given) else None
            aims = headline.per_group(aim, keys)
            for group in wanted.to_dict("records"):
                at = tuple(group.values())
                # nobody of this group: its own answer says why
                now = mine.get((NOW, *at)) or self.metric(key, _only(view, group)).to_dict("records")
                was, target = mine.get((BEFORE, *at), [None])[0], aims.get(at, [None])[0]
                course = [row for q in quarters for row in mine.get((q.name, *at), [])]
                tiles.append({**group, **headline.tile(get(key), now[0], was, course, target)})
        frame = pd.DataFrame(tiles, columns=[*keys, *headline.COLUMNS])
        return self._as_asked(frame, by)

    def headline_ahead(self, view: View, by: Sequence[str] = ()) -> pd.DataFrame:
        """The tiles of the fiscal quarter that is not over yet (columns: the groups, headline.COLUMNS), one per metric
        of headline.AHEAD and group of which anything is known: coverage, held against what the own win rate asks for,
        and the forecast, held against the target. Nothing is compared; the range of a forecast is 8 of 10 simulated
        quarters, no 95 % limits, and left to its own page."""
        tiles = [{**{name: row[name] for name in by}, **headline.tile(get(key), row, standard=row)}
                 for key, frame in self._ahead(view, by).items() for row in frame.to_dict("records")]
        return pd.DataFrame(tiles, columns=[*by, *headline.COLUMNS])

    def _ahead(self, view: View, by: Sequence[str]) -> dict[str, pd.DataFrame]:
        """The rows of headline.AHEAD (columns: those of the metric, standards.ADDED, ahead)."""
        quarter = periods.period_of(view.as_of + periods.ONE_DAY, "quarter", self._fiscal)
        covered = self.metric("pipeline.coverage", view.with_(start=quarter.start, end=quarter.end), by)
        foreseen = self.metric("forecast.historical", view, by).assign(low=float("nan"), high=float("nan"))
        quota = covered[[*by, "quota"]]
        foreseen = foreseen.merge(quota, on=list(by), how="left") if by else foreseen.join(quota)
        foreseen = foreseen.assign(**dict.fromkeys(("needed", "needed_low", "needed_high"), foreseen["quota"]))
        return {key: standards.compare(frame, frame.iloc[:0], key, "up", rules=self.settings.standards,
                                       by=[*by, "segment"][0]).assign(ahead=quarter.name)
                for key, frame in zip(headline.AHEAD, (covered, foreseen), strict=True)}

    def _tile_rows(self, metric: Metric, view: View, other: View | None, quarters: Sequence[Period],
                   keys: Sequence[str], counts: Counts) -> pd.DataFrame:
        """The rows of a metric now, in the comparison and per quarter; column quarter: NOW, BEFORE, or its name.

        All are worked out at once, because a metric treats quarters like any group, and most of its cost is per call.
        """
        views = {NOW: view} | ({BEFORE: other} if other else {})
        span = view.with_(start=quarters[0].start, end=quarters[-1].end) if quarters else None
        by = ("quarter", *keys)
        if metric.key in OF_THEIR_PERIOD:
            parts = [metric.calculate({n: counts(n, of, keys) for n in metric.queries}, self._context(_slice(of)),
                                      keys).assign(quarter=name) for name, of in views.items()]
            if span:
                parts.append(metric.calculate({n: counts(n, span, by) for n in metric.queries},
                                              self._context(_slice(span)), by))
            return _joined(parts)
        answers = {}
        for name in metric.queries:
            if name in WITHOUT_PERIOD:
                answers[name] = counts(name, view, keys)
            elif name in STOCKS:
                answers[name] = self._stocks(name, view, other, quarters, keys)
            else:
                parts = [counts(name, of, keys).assign(quarter=part) for part, of in views.items()]
                answers[name] = _joined([*parts, counts(name, span, by)] if span else parts)
        return metric.calculate(answers, self._context(_slice(view)), by)

    def _stocks(self, name: str, view: View, other: View | None, quarters: Sequence[Period],
                keys: Sequence[str]) -> pd.DataFrame:
        """Counts of what stands on a day: of all days in one question."""
        has_course = name not in WITHOUT_COURSE
        days = {NOW: view} | ({BEFORE: other} if other and has_course else {})
        ends = {part: of.as_of if name == "open_stock" else _until(of) for part, of in days.items()}
        if has_course:
            ends |= {q.name: min(q.end, view.as_of) for q in quarters if q.end >= self.company.first_day}
        rules = self._value_rules(name, _slice(view), ()) | {"days": sorted(set(ends.values()))}
        stock = _named(self._asked(STOCKS[name], view, keys, **rules), keys)
        day = stock["day"].dt.date
        found = _joined([stock[day == end].assign(quarter=part) for part, end in ends.items()])
        return found.drop(columns="day") if name == "open_stock" else found

    def _remembered(self) -> Counts:
        """Answers of queries, each asked once."""
        known: dict[Any, pd.DataFrame] = {}

        def counts(name: str, view: View, keys: Sequence[str]) -> pd.DataFrame:
            asked = (name, view, tuple(keys))
            if asked not in known:
                known[asked] = _named(self._counts(name, _slice(view), keys), keys)
            return known[asked]
        return counts

    def _has_standard(self, key: str, given: pd.DataFrame) -> bool:
        """Is there an industry figure, or one of the organisation's own (`given`), for any segment?"""
        given = standards.fitting(given, key)
        return any(standards.industry_for(key, segment, given=given) for segment in (None, *self.settings.segment_keys))

    def _value_rules(self, query: str, slice_: Slice, keys: Sequence[str]) -> dict[str, Any]:
        """What a query of data/queries/value.py needs besides the slice; nothing to any other."""
        context = self._context(slice_)
        unit = next((u for u in ("month", "quarter") if u in keys), None)
        if query == "value_coverage":
            return {"reached": self.settings.closeness.reached_days}
        if query in ("value_velocity", "value_penetration"):
            return {"days": value.last_days(context, unit)}
        if query == "value_conflict":
            return {"days": value.last_days(context, unit), **queries.quality_rules(self.settings)}
        if query == "value_sellers":
            return {"days": list(value.month_parts(context))}
        return {}


def _slice(view: View) -> Slice:
    return Slice(view.as_of, view.start, view.end, view.scope, view.filters, view.days)


def _until(view: View) -> date:
    return min(view.end, view.as_of) if view.end else view.as_of


def _named(counts: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Without the rows of which nobody knows the group; all of them where nobody knows any."""
    for name in [k for k in keys if k in counts.columns]:
        is_named = counts[name] != UNKNOWN
        counts = counts[is_named] if is_named.any() else counts
    return counts


def _joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all parts that have any."""
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _only(view: View, group: dict[Any, Any]) -> View:
    """The view of one group alone."""
    return view.with_(filters=view.filters.with_(**{str(name): [v] for name, v in group.items()}))
