"""The dashboard's own answers to the questions that are asked of plain SQL, polars and pandas beside it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from analytics.ask import Ask
from analytics.view import View
from benchmarks.measuring import percentile, timed
from data.engine import open_company
from data.scope import Filters

FILTERS = (Filters(), Filters.of(segment=["KA"]), Filters.of(segment=["SMB"]), Filters.of(type=["new"]),
           Filters.of(sales_mode=["direct", "mixed"]))

#: question of `benchmarks.plain.SQL` -> what the page asks
QUESTIONS: dict[str, Callable[[Ask, View], Any]] = {
    "conversion by stage and segment": lambda ask, view: ask.metric("conversion.reached", view, by=("segment",)),
    "median days by stage and segment": lambda ask, view: ask.metric("stage_days.median", view, by=("segment",)),
    "stage flow": lambda ask, view: ask.flow(view),
    "win rate by segment and quarter": lambda ask, view: ask.metric("win_rate.count", view, by=("segment", "quarter")),
    "open pipeline by stage": lambda ask, view: ask.metric("pipeline.open", view, by=("stage",)),
}
#: asked by pages, without a plain counterpart worth writing
MORE: dict[str, Callable[[Ask, View], Any]] = {
    "survival curves": lambda ask, view: ask.survival(view, by=("segment",)),
    "conversion, matured": lambda ask, view: ask.metric("conversion.matured", view, by=("segment",)),
    "options of the filter bar": lambda ask, view: ask.options(view),
}


def times_of(path: Path, repeats: int) -> dict[str, Any]:
    """`open_s` = how long the store takes to open; per question milliseconds: the first answer, then p50 and p95 over
    filters and repeats, and the least CPU."""
    begun = time.perf_counter()
    company = open_company(path)
    opened = time.perf_counter() - begun
    as_of, start = company.last_day, company.last_day - timedelta(days=364)
    ask = Ask(company)
    found = {}
    for question, answer in {**QUESTIONS, **MORE}.items():
        views = [View(as_of, start, as_of, filters=filters) for filters in FILTERS]
        first = timed(partial(answer, ask, views[0]))
        runs = [timed(partial(answer, ask, view)) for view in views for _ in range(repeats)]
        walls = [run.wall for run in runs]
        found[question] = {"first_ms": first.wall, "p50_ms": percentile(walls, 0.5), "p95_ms": percentile(walls, 0.95),
                           "cpu_ms": min(run.cpu for run in runs)}
        print(f"  {question}: p95 {found[question]['p95_ms']:.0f} ms", file=sys.stderr)
    company.close()
    return {"open_s": opened, "questions": found}
