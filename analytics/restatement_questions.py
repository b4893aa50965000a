"""Why a number of the past reads differently than at an earlier load. A part of `analytics.ask.Ask`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics import restatement
from analytics.metrics.frames import Context
from analytics.metrics.registry import get
from analytics.restatement import EACH, PARTS, Known, Restated
from analytics.view import View
from data import queries
from data.contracts import DIMENSIONS
from data.errors import MvpodError
from data.queries import Slice
from data.restatement import earlier, earlier_loads

if TYPE_CHECKING:
    from analytics.ask import Ask
    from data.engine import Company
    from data.settings import Settings

#: So many opportunities of a ledger are shown with their names.
_NAMED = 2000


class RestatementQuestions:
    """What `Ask` can be asked about what it said before."""

    if TYPE_CHECKING:
        company: Company
        settings: Settings

        def _asked(self, query: str, view: View | Slice, by: Sequence[str] = (), **more: Any) -> pd.DataFrame: ...
        def _groups(self, by: Sequence[str]) -> tuple[str, ...]: ...
        def _names(self, of: str, ids: Sequence[Any], as_of: Any) -> dict[str, str]: ...

    def earlier_loads(self) -> list[tuple[int, date]]:
        """The earlier loads that can still be compared with, each with the last day it knows; newest first."""
        return earlier_loads(self.company)

    def restated(self, key: str, view: View, earlier_load: int, by: Sequence[str] = ("segment",),
                 progress: Callable[[str, float], None] | None = None) -> Restated:
        """What a metric said at an earlier load, what it says now, and why: see analytics/restatement.py.

        The number then is as of the earlier load's last day, or the view's where that is earlier. MvpodError
        E_RESTATED_METRIC (no opportunity brings a part of its own to it), E_RESTATED_SAME, E_RESTATED_LOAD,
        E_STORE_LOAD, E_STORE_GONE. `progress` is told of the history that is made anew where the settings changed.
        """
        if get(key).key not in PARTS:
            raise MvpodError("E_RESTATED_METRIC", metric=key, known=list(PARTS))
        with earlier(self.company, earlier_load, progress) as (then, redefined):
            companies = [type(self)(company) for company in (then, redefined) if company is not None]  # type: ignore[call-arg]
            return between([*companies, self], key, view, by)  # type: ignore[list-item]


def between(asks: Sequence[Ask], key: str, view: View, by: Sequence[str] = ("segment",)) -> Restated:
    """The same of companies at hand: the earlier one, the same under the present settings if these have changed, the
    present one."""
    metric, parts = get(key), PARTS[key]
    groups = asks[0]._groups(by)
    keys = list(dict.fromkeys([*groups, *metric.grain]))
    before = view.with_(as_of=min(view.as_of, asks[0].company.last_day))
    told = [(ask, before) for ask in asks] + ([(asks[-1], view)] if view.as_of > before.as_of else [])
    brings = [_brings(ask, seen, key, keys) for ask, seen in told]
    changed = sorted({i for was, is_ in pairwise(brings)
                      for i in restatement.differing(was, is_, keys)[EACH]})
    known = [Known(b, queries.restatement_states(ask.company.cursor(), _slice(seen), changed))
             for b, (ask, seen) in zip(brings, told, strict=True)]
    steps = (*["definition"] * (len(asks) - 2), "restated", *["since"] * (len(told) - len(asks)))
    asked = [d for d in DIMENSIONS if d in keys or view.filters.get(d)]
    ledger = pd.concat([restatement.ledger(was, is_, parts, keys, asked, step)
                        for (was, is_), step in zip(pairwise(known), steps, strict=True)], ignore_index=True)
    context = _context(asks[-1], view)
    first, last = (ask.metric(key, seen, groups) for ask, seen in (told[0], told[-1]))
    totals = restatement.totals(first, last, brings[0], brings[-1], parts, keys, context)
    ledger = restatement.with_effects(ledger, totals, parts, keys)
    causes = restatement.by_cause(ledger, totals, keys)
    ledger = _named(ledger, [(told[-1], known[-1]), (told[0], known[0])])
    return Restated(totals, causes, ledger, before.as_of, asks[0].company.load_id, view.as_of,
                    asks[-1].company.load_id, len(asks) > 2)


def _brings(ask: Ask, view: View, key: str, keys: Sequence[str]) -> pd.DataFrame:
    counts = ask._counts(PARTS[key].query, _slice(view), [*keys, EACH])
    return restatement.brought(counts, PARTS[key], _context(ask, view), keys)


def _slice(view: View) -> Slice:
    return Slice(view.as_of, view.start, view.end, view.scope, view.filters, view.days)


def _context(ask: Ask, view: View) -> Context:
    return ask._context(_slice(view))


def _named(ledger: pd.DataFrame, told: Sequence[tuple[tuple[Ask, View], Known]]) -> pd.DataFrame:
    """The ledger with the names of its largest opportunities, as of the first of `told` that shows them to the viewer:
    who has gone, or gone to others, is called as it was called then."""
    ids, names = set(ledger[EACH].iloc[:_NAMED]), dict[str, str]()
    for (ask, view), known in told:
        shown = ids & set(known.states.loc[known.states["is_mine"], EACH]) - set(names)
        names |= ask._names("opportunity", sorted(shown), view.as_of)
    ledger.insert(list(ledger.columns).index(EACH) + 1, "name", ledger[EACH].map(names).astype("str"))
    return ledger
