"""The one door to the data: a view and a question in, a small table out.

Pages, the command line and exports ask here and nowhere else. Every answer respects the view's scope and filters,
is as of the view's date, and says why a value is missing (column `reason`). Answers are ordered for reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from analytics.metrics.frames import Context
from analytics.metrics.registry import Metric, get
from analytics.periods import period_of
from analytics.view import View
from data import queries
from data.engine import Company
from data.errors import MvpodError, nearest
from data.queries import Slice
from data.scope import UNKNOWN

#: Short names for groups; the answer's column is called as it was asked for.
ALIASES = {"owner": "owner_id", "account": "account_id", "mode": "sales_mode", "product": "product_line",
           "competitor": "main_competitor"}
#: What `by` may name.
GROUPS = (*queries.GROUPS, "quarter", *ALIASES)


class Ask:
    """Questions to one company. Holds no state of its own: an answer depends on the load and the question only."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.settings = company.settings

    def metric(self, key: str, view: View, by: Sequence[str] = (), **options: int) -> pd.DataFrame:
        """The rows of a metric (columns: docs/metrics.md), one per its grain and the groups of `by`.

        `by`: any filter dimension, stage, month and quarter (of the metric's own date). Options: those of the
        metric, e.g. horizon=30 for conversion.matured. Raises MvpodError E_METRIC, E_METRIC_OPTION, E_GROUP.
        """
        metric = get(key)
        chosen = _options(metric, options)
        keys = groups_of(by, metric.grain)
        slice_ = slice_of(view)
        answers = {name: self._counts(name, slice_, keys, chosen) for name in metric.queries}
        frame = metric.calculate(answers, self._context(slice_, chosen), keys)
        return frame.rename(columns={ALIASES[n]: n for n in by if n in ALIASES})

    def _context(self, slice_: Slice, options: Mapping[str, int] | None = None) -> Context:
        return Context(self.settings, slice_.as_of, slice_.start, slice_.until, slice_.days, dict(options or {}))

    def _counts(self, query: str, slice_: Slice, keys: Sequence[str], options: Mapping[str, int] | None = None) -> pd.DataFrame:
        """The answer of one query, months and quarters by their names."""
        asked = ["month" if k == "quarter" else k for k in keys]
        if query == "overdue":  # a stock of the as-of date has no month of closing
            asked = [k for k in asked if k != "month"]
        more = {k: v for k, v in (options or {}).items() if query == "reach_days"}
        counts = getattr(queries, query)(self.company.cursor(), slice_, list(dict.fromkeys(asked)), **more)
        return self._named_months(counts, keys) if "month" in counts.columns else counts

    def _named_months(self, counts: pd.DataFrame, keys: Iterable[str]) -> pd.DataFrame:
        """The first day of a month as the names of the month and of the fiscal quarter that were asked for."""
        start = self.settings.organisation.fiscal_year_start
        months = {m: m.date() for m in counts["month"].dropna().unique()}
        for unit in ("quarter", "month"):
            if unit in keys:
                names = {m: period_of(day, unit, start).name for m, day in months.items()}
                counts[unit] = counts["month"].map(names).fillna(UNKNOWN).astype("str")
        return counts if "month" in keys else counts.drop(columns="month")


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
        "rows": [{name: _plain(value) for name, value in row.items()} for row in frame.to_dict("records")],
    }


def _plain(value: Any) -> Any:
    """A cell as JSON knows it: NaN, NaT and NA are null, whole counts are integers, days are ISO dates."""
    if pd.isna(value) or value == "":
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()[:10]
    return value.item() if hasattr(value, "item") else value
