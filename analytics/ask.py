"""The one door to the data: a view and a question in, a small table out.

Pages, the command line and exports ask here and nowhere else. Every answer respects the view's scope and filters,
is as of the view's date, and says why a value is missing (column `reason`). Answers are ordered for reading.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from analytics import conversion_days, funnel, marks, periods, stage_shifts, standards
from analytics.attention_questions import AttentionQuestions
from analytics.cells import row_keys
from analytics.closeness_questions import ClosenessQuestions
from analytics.comparison_questions import ComparisonQuestions
from analytics.forecast_questions import ForecastQuestions
from analytics.metrics.frames import Context, ordered, plain
from analytics.metrics.registry import REGISTRY, Metric, get
from analytics.periods import Period
from analytics.pipeline_questions import PipelineQuestions
from analytics.quality_questions import QualityQuestions
from analytics.restatement_questions import RestatementQuestions
from analytics.review_questions import ReviewQuestions
from analytics.support_questions import SupportQuestions
from analytics.value_questions import ValueQuestions
from analytics.view import View
from analytics.win_questions import WinQuestions
from data import queries
from data.engine import Company
from data.errors import MvpodError, nearest
from data.queries import Slice
from data.scope import UNKNOWN, Filters, Scope

T = TypeVar("T")

#: Short names for groups; the answer's column is called as it was asked for.
ALIASES = {"owner": "owner_id", "account": "account_id", "mode": "sales_mode", "product": "product_line",
           "competitor": "main_competitor"}
#: What `by` may name.
GROUPS = (*queries.GROUPS, "quarter", *ALIASES)


class Ask(WinQuestions, ComparisonQuestions, ClosenessQuestions, SupportQuestions, AttentionQuestions,
          PipelineQuestions, ForecastQuestions, QualityQuestions, RestatementQuestions, ReviewQuestions,
          ValueQuestions):
    """Questions to one company. Holds no state of its own: an answer depends on the load and the question only."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.settings = company.settings

    def remembered(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` makes of answers and nothing else; who has a memory makes it once (analytics/remembering.py)."""
        return make()

    def metric(self, key: str, view: View, by: Sequence[str] = (), **options: int) -> pd.DataFrame:
        """The rows of a metric (columns: docs/metrics.md), one per its grain and the groups of `by`.

        `by`: any filter dimension, stage, month and quarter (of the metric's own date). Options: those of the
        metric, e.g. horizon=30 for conversion.matured. Raises MvpodError E_METRIC, E_METRIC_OPTION, E_GROUP.
        """
        metric = get(key)
        chosen = _options(metric, options)
        keys = groups_of(by, metric.grain)
        slice_ = slice_of(view)
        context = self._context(slice_, chosen)

        def answers() -> dict[str, pd.DataFrame]:
            return {name: self._counts(name, slice_, keys, chosen) for name in metric.queries}

        if shared := metric.shared:
            asked = (shared.__name__, slice_, keys, tuple(chosen.items()))
            known = {shared.__name__: self.remembered(asked, lambda: shared(answers(), context, keys))}
        else:
            known = answers()
        frame = metric.calculate(known, context, keys)
        return frame.rename(columns={ALIASES[n]: n for n in by if n in ALIASES})

    def check(self, view: View) -> None:
        """Refuses what can only be answered with nothing: MvpodError E_AS_OF for a day before the first or after the
        last one that is known, E_PERIOD_ORDER, and E_VALUE for a filter's value that no opportunity has."""
        first, last = self.company.first_day, self.company.last_day
        if not first <= view.as_of <= last:
            raise MvpodError("E_AS_OF", found=view.as_of.isoformat(), first=first.isoformat(), last=last.isoformat())
        if view.start and view.end:
            periods.range_(view.start, view.end)
        for dimension, values in view.filters.chosen:
            for value in values:
                if value != UNKNOWN and not self._exists(view, dimension, value):
                    hint = self._hint(dimension, value, view.scope)
                    raise MvpodError("E_VALUE", dimension=dimension, found=value, hint=hint)

    def _exists(self, view: View, dimension: str, value: str) -> bool:
        """Does any opportunity have the value, on the last day, the as-of date or at any time before?"""
        only = View(self.company.last_day, filters=Filters.of({dimension: [value]}), scope=view.scope)
        if any(len(self.find(only.with_(as_of=day), limit=1)) for day in (only.as_of, view.as_of)):
            return True
        return bool(len(self.metric("stage_days.dwell_mean", only)))

    def _hint(self, dimension: str, value: str, scope: Scope) -> str:
        """The nearest value in brackets that every language reads, or nothing."""
        known = [name for name, _ in self.options(View(self.company.last_day, scope=scope)).get(dimension, [])]
        near = nearest(value, [name for name in known if name != UNKNOWN])
        return f" → {near}?" if near else ""

    def compared(self, view: View) -> View | None:
        """The view that this one is compared with, or None: the period before or a year earlier, seen as long after
        its end as this one is, so that both have had the same time to mature. The parts of filters stay."""
        if view.compare == "none" or view.start is None or (view.end or view.as_of) < view.start:
            return None
        period = periods.range_(view.start, view.end or view.as_of)
        other = periods.compared(period, view.compare, view.as_of, self._fiscal)
        if other is None:
            return None
        return view.with_(start=other.start, end=other.end, compare="none",
                          as_of=other.end + max(timedelta(0), view.as_of - period.end))

    def survival(self, view: View, by: Sequence[str] = ()) -> pd.DataFrame:
        """Survival curves of the stages (columns: conversion_days.survival)."""
        return self._of_visits(conversion_days.survival, view, by)

    def leaving(self, view: View, by: Sequence[str] = ()) -> pd.DataFrame:
        """In which way visits end, within how many days (columns: conversion_days.leaving)."""
        return self._of_visits(conversion_days.leaving, view, by)

    def entry_trend(self, view: View, by: Sequence[str] = (), *, pipeline: str | None = None,
                    stage: str | None = None) -> pd.DataFrame:
        """Mean and median days by month of entry (columns: conversion_days.trend), of one stage where it is named."""
        slice_, keys = slice_of(view), groups_of(["month", *by], ("pipeline", "stage"))
        totals, visits = (self._counts(q, slice_, keys) for q in ("stage_totals", "visit_days"))
        if stage is not None:
            totals, visits = (part[(part["pipeline"] == pipeline) & (part["stage"] == stage)]
                              for part in (totals, visits))
        return conversion_days.trend(totals, visits, self._context(slice_), keys)

    def stage_shifts(self, view: View) -> pd.DataFrame:
        """In which stages opportunities stay longer or shorter than before, and since which quarter of entry, of the
        last eight up to the end of the view's period (columns: stage_shifts.SHIFTS)."""
        until = min(view.end, view.as_of) if view.end else view.as_of
        shown = periods.last(8, "quarter", until, self._fiscal)
        slice_ = slice_of(view.with_(start=shown[0].start, end=until))
        visits = self._counts("visit_days", slice_, ["segment", "quarter"])
        return stage_shifts.shifts(visits, [p.name for p in shown])

    def flow(self, view: View) -> pd.DataFrame:
        """Where those that entered the pipeline in the period went, visit by visit, up to the as-of date.

        Columns: pipeline, from_stage (unknown: they start here), to_stage (unknown: still there, or gone), exit_kind
        (entry, open = still there, or how the stage was left), n, amount (at entry of the stage that is left).
        """
        return funnel.flow(queries.flow(self.company.cursor(), slice_of(view)), self.settings)

    def reconcile(self, view: View, by: Sequence[str] = ()) -> pd.DataFrame:
        """The five readings of conversion, one below the other, per pipeline and stage.

        Columns: the groups, pipeline, stage, next_stage, stage_order, reading, n, reached, lost, open, value, low,
        high, difference (to conversion.reached), reason. Why they differ is what their definitions say.
        """
        keys = [*by, "pipeline", "stage"]
        columns = dict.fromkeys([*keys, "next_stage", "stage_order", "reading", "n", "reached", "lost", "open", "value",
                                 "low", "high", "difference", "reason"])
        readings = {key: self.metric(key, view, by) for key in REGISTRY if key.startswith("conversion.")}
        usual = dict(zip(row_keys(of := readings["conversion.reached"], keys), of["value"], strict=True))
        beside = {key: np.array([usual.get(row, np.nan) for row in row_keys(part, keys)], dtype="float64")
                  for key, part in readings.items()}
        parts = [part.assign(reading=key, difference=part["value"] - beside[key])[list(columns)]
                 for key, part in readings.items()]
        return pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)

    def standards(self, key: str, view: View, by: Sequence[str] = ("segment",), **options: int) -> pd.DataFrame:
        """The rows of a metric with what they should be (columns added: standards.ADDED; METHOD B14).

        Own history are the 12 full months before the period (without a start: up to its last day), of the same segment
        (or first group of `by`): a value must not be its own standard. `own_reason` says where there are none.
        Without segments in `by`, a pipeline that serves one segment takes that one's industry figure.
        """
        metric, rules = get(key), self.settings.standards
        rows = self.metric(key, view, by, **options)
        past = periods.full_months(rules.history_months, _day_before(view))
        kept = [n for n in by if n not in ("month", "quarter")]
        own_by = ["segment"] if "segment" in kept else kept[:1]
        own = self.metric(key, view.with_(start=past.start, end=past.end), own_by, **options)
        marked = "segment" not in rows.columns
        if marked:
            rows, own = (frame.assign(segment=self._segment_of(frame, view)) for frame in (rows, own))
        result = standards.compare(
            rows, own, key, metric.direction, rules=rules, given=queries.standards_given(self.company.cursor()),
            by=own_by[0] if own_by else "segment", own_n="events" if "events" in own.columns else "n",
            year=view.as_of.year)
        return result.drop(columns="segment") if marked else result

    def own_standards(self, view: View) -> pd.DataFrame:
        """The organisation's own standards up to the year of the view: metric, segment, stage, value, year, source_url,
        definition, quality. No rows where none were loaded."""
        given = queries.standards_given(self.company.cursor())
        return given[given["year"].isna() | (given["year"] <= view.as_of.year)].reset_index(drop=True)

    def opportunities(self, view: View, mark: Mapping[str, Any] | None = None, *, limit: int = 200) -> pd.DataFrame:
        """The opportunities behind a mark (analytics/marks.py), largest amount first, as they stood on the as-of date.

        Columns: opportunity_id, name, account_id, account_name, segment, owner_id, owner_name, team, pipeline, stage,
        status, amount_base, days_in_stage, created_on, expected_close_on, closed_on, left_on. `attrs["total"]` says how
        many there are, the frame holds the first `limit`. Gone ones (deleted in the CRM) are known by their id only;
        those that the viewer may see no more are shown as last seen, left_on is the first day that is not.
        """
        asked = marks.read(mark or {}, self._fiscal)
        view = view.with_(filters=view.filters.with_(**{k: [v] for k, v in asked.dimensions.items()}))
        return self._behind(view, asked, limit=limit)

    def slower_than(self, view: View, stage: str, days: int, *, pipeline: str | None = None, open_only: bool = False,
                    limit: int = 200) -> pd.DataFrame:
        """Opportunities with a visit to `stage` of more than `days` days, begun in the period, longest first (columns
        of `opportunities`; days_in_stage = their longest visit)."""
        mark = marks.Mark("visit", "open" if open_only else "n", pipeline, stage, longer=days)
        return self._behind(view, mark, limit=limit, order="days")

    def find(self, view: View, words: str = "", *, order: str = "", limit: int = 200) -> pd.DataFrame:
        """Opportunities that existed on the as-of date and whose id, name or account contains `words` (columns of
        `opportunities`), largest amount first; `order` comes before that: "open" (open ones first), "due" (of these the
        next expected close), "still" (the longest in their stage) or "changed" (any, the latest change of state)."""
        slice_ = slice_of(view)
        frame = queries.found(self.company.cursor(), slice_, words.strip(), snapshot=self._snapshot(view.as_of),
                              order=order, limit=limit)
        return self._named(frame, view.as_of)

    def story(self, view: View, opportunity_id: str) -> dict[str, Any]:
        """One opportunity up to the as-of date, within the viewer's scope; filters do not hide it. Who may see it now
        is told all of its past; one that has gone to others is told up to the last day on which it could be seen.

        "opportunity": the last known state with names, is_gone (deleted), left_on (missing: it has not gone to others)
        and seen_on (the day up to which it is told); "visits", "states", "changes", "activities": tables (columns:
        sql/story_*.sql, owner_name added). Raises MvpodError E_OPPORTUNITY if there is none that may be seen.
        """
        state, view = self._seen(view, opportunity_id)
        parts = {part: self._told(view, part, opportunity_id) for part in ("visits", "states", "changes", "activities")}
        ended = state["valid_to"].iloc[0]
        row = self._named(state, view.as_of).iloc[0].to_dict() | {"seen_on": view.as_of}
        row["is_gone"] = bool(pd.notna(ended) and ended.date() <= view.as_of)
        owners = self._names("owner",
                             [*parts["visits"]["owner_id"], *parts["states"]["owner_id"],
                              *parts["activities"]["owner_id"]],
                             view.as_of)
        named = {name: frame.assign(owner_name=frame["owner_id"].map(owners).astype("str")) if "owner_id" in frame
                 else frame
                 for name, frame in parts.items()}
        return {"opportunity": row, **named}

    def options(self, view: View) -> dict[str, list[tuple[str, int]]]:
        """What can be chosen: per dimension its values and the number of opportunities of the as-of date, within the
        viewer's scope whatever the filters. Segments and pipelines in the order of the settings, others by name,
        what is not known last. Accounts are searched (`find`), not listed."""
        slice_ = slice_of(view).with_(filters=Filters(), start=None, end=None)
        context = self._context(slice_)
        answer = queries.options(self.company.cursor(), slice_)
        found = {d: ordered(rows.rename(columns={"value": d}), context, [d]) for d, rows in answer.groupby("dimension")}
        return {d: list(zip(found[d][d], found[d]["n"], strict=True)) for d in queries.LISTED
                if d in found and set(found[d][d]) - {UNKNOWN}}

    def owner_names(self, view: View | None = None) -> dict[str, str]:
        """Owner id -> name, of the owners whose opportunities the view's scope may see (no view: of all)."""
        view = view or View(self.company.last_day)
        slice_ = slice_of(view).with_(filters=Filters())
        return self._names("owner", queries.owners_seen(self.company.cursor(), slice_), view.as_of)

    def periods(self) -> list[Period]:
        """The fiscal quarters for which there can be data, newest first."""
        between = periods.between(self.company.first_day, self.company.last_day, "quarter", self._fiscal)
        return list(between)[::-1]

    @property
    def _fiscal(self) -> int:
        return self.settings.organisation.fiscal_year_start

    def _of_visits(self, calculate: Any, view: View, by: Sequence[str]) -> pd.DataFrame:
        slice_, keys = slice_of(view), groups_of(by, ("pipeline", "stage"))
        frame: pd.DataFrame = calculate(self._counts("visit_days", slice_, keys), self._context(slice_), keys)
        return frame.rename(columns={ALIASES[n]: n for n in by if n in ALIASES})

    def _behind(self, view: View, mark: marks.Mark, *, limit: int, order: str = "") -> pd.DataFrame:
        frame = queries.behind(
            self.company.cursor(), slice_of(view), mark.question, outcome=mark.outcome, pipeline=mark.pipeline,
            stage=mark.stage,
            months=mark.months, strict=mark.strict, longer=mark.longer, order=order, limit=limit,
            **self._pipeline_needs(mark.question, view.as_of, {}))
        return self._named(frame, view.as_of)

    def _named(self, frame: pd.DataFrame, as_of: date) -> pd.DataFrame:
        """Adds the names of opportunity, account and owner beside their ids, as they were on `as_of` (where left_on
        says that an opportunity has gone to others: on the day before); the total goes into attrs."""
        total = int(frame["total"].iloc[0]) if "total" in frame.columns and len(frame) else len(frame)
        days = _days_seen(frame, as_of)
        for of, name in (("opportunity", "name"), ("account", "account_name"), ("owner", "owner_name")):
            ids = frame[f"{of}_id"]
            known = [ids[days == day].map(self._names(of, ids[days == day], day)) for day in days.unique()]
            frame = frame.assign(**{name: pd.concat([ids.iloc[:0], *known]).reindex(frame.index).astype("str")})
        first = ["opportunity_id", "name", "account_id", "account_name", "segment", "owner_id", "owner_name", "team"]
        frame = frame[[*first, *(c for c in frame.columns if c not in (*first, "total"))]]
        frame.attrs["total"] = total
        return frame

    def _names(self, of: str, ids: Iterable[Any], as_of: date) -> dict[str, str]:
        snapshot = self._snapshot(as_of) if of == "opportunity" else None
        return queries.names(self.company.cursor(), of, ids, as_of, snapshot,
                             is_latest=bool(self.company.dates) and snapshot == self.company.dates[-1])

    def _snapshot(self, as_of: date) -> date | None:
        """The latest snapshot of opportunities up to a day; the first one, if all are later."""
        dates = self.company.dates
        return max((d for d in dates if d <= as_of), default=dates[0] if dates else None)

    def _segment_of(self, frame: pd.DataFrame, view: View) -> list[str | None]:
        """The one segment of each row, where that is certain: the filter's, else the one that the pipeline serves."""
        chosen = view.filters.get("segment")
        if len(chosen) == 1:
            return [chosen[0]] * len(frame)
        serves = {p.key: p.segments[0] for p in self.settings.pipelines if len(p.segments) == 1}
        return [serves.get(p) for p in frame["pipeline"]] if "pipeline" in frame.columns else [None] * len(frame)

    def _asked(self, query: str, view: View | Slice, by: Sequence[str] = (), **more: Any) -> pd.DataFrame:
        """The answer of one query of data/queries.py, by its name; `by` are stored names (`_groups`)."""
        slice_ = view if isinstance(view, Slice) else slice_of(view)
        answer: pd.DataFrame = getattr(queries, query)(self.company.cursor(), slice_, list(by), **more)
        return answer

    def _told(self, view: View, part: str, opportunity_id: str) -> pd.DataFrame:
        """One part of the story of an opportunity (queries.story)."""
        zone = self.settings.organisation.timezone
        return queries.story(self.company.cursor(), slice_of(view), part, opportunity_id, zone)

    def _seen(self, view: View, opportunity_id: str) -> tuple[pd.DataFrame, View]:
        """The last state of an opportunity that may be seen, whatever the filters, and the view up to the last day on
        which it may. Raises MvpodError E_OPPORTUNITY if there is none."""
        mine = view.with_(filters=Filters())
        state = self._told(mine, "state", opportunity_id)
        if state.empty:
            raise MvpodError("E_OPPORTUNITY", found=opportunity_id, as_of=view.as_of.isoformat())
        left = state["left_on"].iloc[0]
        return state, mine if pd.isna(left) else mine.with_(as_of=left.date() - periods.ONE_DAY)

    def _groups(self, by: Sequence[str]) -> tuple[str, ...]:
        return groups_of(by)

    def _as_asked(self, frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
        """Group columns called as they were asked for."""
        return frame.rename(columns={ALIASES[n]: n for n in by if n in ALIASES})

    def _context(self, slice_: Slice, options: Mapping[str, int] | None = None) -> Context:
        return Context(self.settings, slice_.as_of, slice_.start, slice_.until, slice_.days, dict(options or {}),
                       slice_.end)

    def _counts(self, query: str, slice_: Slice, keys: Sequence[str],
                options: Mapping[str, int] | None = None) -> pd.DataFrame:
        """The answer of one query, months and quarters by their names."""
        asked = ["month" if k == "quarter" else k for k in keys]
        if query == "overdue":  # a stock of the as-of date has no month of closing
            asked = [k for k in asked if k != "month"]
        more = {k: v for k, v in (options or {}).items() if query == "reach_days"} | self._score_rules(query)
        if query.startswith("support_"):
            more = queries.support_rules(self.settings)
        if query.startswith("quality_"):
            more = queries.quality_rules(self.settings)
        if query == "attention_counts":
            more = self.attention_rules(slice_)
        more |= self._pipeline_needs(query, slice_.as_of, options or {})
        more |= self._value_rules(query, slice_, keys)
        if query.startswith("forecast_"):
            more = self._forecast_days(query, slice_, options)
        counts = getattr(queries, query)(self.company.cursor(), slice_, list(dict.fromkeys(asked)), **more)
        return self._named_months(counts, keys) if "month" in counts.columns else counts

    def _named_months(self, counts: pd.DataFrame, keys: Iterable[str]) -> pd.DataFrame:
        """The first day of a month as the names of the month and of the fiscal quarter that were asked for."""
        start = self.settings.organisation.fiscal_year_start
        months = {m: m.date() for m in counts["month"].dropna().unique()}
        for unit in ("quarter", "month"):
            if unit in keys:
                names = {m: periods.period_of(day, unit, start).name for m, day in months.items()}
                counts[unit] = counts["month"].map(names).astype("str").fillna(UNKNOWN)
        return counts if "month" in keys else counts.drop(columns="month")


def _days_seen(frame: pd.DataFrame, as_of: date) -> pd.Series:
    """The day on which each row was last seen."""
    days = pd.Series(as_of, index=frame.index, dtype=object)
    left = frame["left_on"].dropna() if "left_on" in frame.columns else days.iloc[:0]
    days[left.index] = [day.date() - periods.ONE_DAY for day in left]
    return days


def _day_before(view: View) -> date:
    """The last day that own history may hold: the one before the period, else its last day."""
    return view.start - periods.ONE_DAY if view.start else min(view.end or view.as_of, view.as_of)


def slice_of(view: View) -> Slice:
    """What of a view the queries need."""
    return Slice(view.as_of, view.start, view.end, view.scope, view.filters, view.days)


def groups_of(by: Sequence[str], grain: Sequence[str] = ()) -> tuple[str, ...]:
    """The groups asked for by their stored names, without those that every row of the metric has anyway."""
    names = tuple(dict.fromkeys(ALIASES.get(name, name) for name in by))
    for name in names:
        if name not in GROUPS:
            raise MvpodError("E_GROUP", found=name, known=GROUPS, hint=nearest(name, list(GROUPS)))
    return tuple(name for name in names if name not in grain)


def _options(metric: Metric, given: Mapping[str, int]) -> dict[str, int]:
    """The options of a metric with defaults filled in; MvpodError E_METRIC_OPTION for one that it does not have."""
    for name, value in given.items():
        if value not in metric.options.get(name, ()):
            raise MvpodError("E_METRIC_OPTION", metric=metric.key, option=name, found=value,
                             expected=metric.options.get(name) or "nothing")
    return {name: given.get(name, allowed[0]) for name, allowed in metric.options.items()}


def to_json(key: str, view: View, frame: pd.DataFrame, load: int) -> dict[str, Any]:
    """An answer as the command line prints it: {"metric", "as_of", "from", "to", "filters", "load", "rows"}.

    Numbers keep full precision; what is not known is null, and its `reason` says why.
    """
    return {
        "metric": key, "as_of": view.as_of.isoformat(),
        "from": view.start.isoformat() if view.start else None, "to": view.end.isoformat() if view.end else None,
        "filters": {name: list(values) for name, values in view.filters.chosen}, "load": load,
        "rows": [{name: plain(value) for name, value in row.items()} for row in frame.to_dict("records")],
    }
