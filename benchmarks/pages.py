"""Every query that the pages ask when they are opened, found by opening them, and how long each takes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import patch

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from benchmarks.browser import ROOT
from benchmarks.measuring import percentile, timed
from data.engine import Company, open_company
from data.queries import asking
from data.shelf import Cursor
from pages import PAGES

#: parameters of the address: what the queries are asked with
VIEWS: dict[str, dict[str, str]] = {"all": {}, "KA": {"segment": "KA"}, "one team": {"team": "Team 03"}}


@dataclass(frozen=True)
class Query:
    """One query as a page asked it."""

    page: str
    view: str
    name: str
    answer: Callable[[Cursor], Any]


def queries_of_pages(store: Path, views: Sequence[str] = tuple(VIEWS)) -> list[Query]:
    """What all pages ask of `store`, each view and query name once (the first time it is asked).

    RuntimeError if a page, or one card of it, fails.
    """
    found: dict[tuple[str, str], Query] = {}
    with patch.dict(os.environ, MVPOD_STORE=str(store)):
        for view, page in product(views, PAGES):
            with _overheard() as asked:
                _open(page.key, VIEWS[view])
            for name, answer in asked:
                found.setdefault((view, name), Query(page.key, view, name, answer))
    return list(found.values())


def times_of(store: Path, queries: Sequence[Query], repeats: int) -> list[dict[str, Any]]:
    """Per query name, slowest first, milliseconds: warm wall (p50 and p95 over views and repeats) and CPU (the least of
    the dearest view); cold = the first time it is asked since the store was opened, with the tables that it waits for.

    CPU counts all cores; where other work keeps the machine busy it is the figure to go by.
    """
    company = open_company(store)
    by_name: dict[str, list[Query]] = {}
    for query in queries:
        by_name.setdefault(query.name, []).append(query)
    rows = []
    for name, same in by_name.items():
        cold, walls, cpus = None, [], []
        for query in same:
            first = timed(partial(_answer, query, company))
            cold = cold or first
            runs = [timed(partial(_answer, query, company)) for _ in range(repeats)]
            walls += [run.wall for run in runs]
            cpus.append(min(run.cpu for run in runs))
        assert cold is not None
        rows.append({"query": name, "page": same[0].page, "cold_ms": cold.wall, "cold_cpu_ms": cold.cpu,
                     "p50_ms": percentile(walls, 0.5), "p95_ms": percentile(walls, 0.95), "cpu_ms": max(cpus)})
        print(f"  {name}: p95 {rows[-1]['p95_ms']:.0f} ms, CPU {rows[-1]['cpu_ms']:.0f} ms", file=sys.stderr)
    company.close()
    return sorted(rows, key=lambda row: -row["cpu_ms"])


def _answer(query: Query, company: Company) -> None:
    query.answer(company.cursor())


def _open(page: str, params: Mapping[str, str]) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=600)
    app._page_hash = calc_hash(page)  # pages are functions; AppTest.switch_page only knows files
    for name, value in params.items():
        app.query_params[name] = value
    app.run()
    if failed := [*app.exception, *app.error]:
        raise RuntimeError(f"{page}: {failed[0].value}")


@contextmanager
def _overheard() -> Iterator[list[tuple[str, Callable[[Cursor], Any]]]]:
    """Collects what is asked of data.queries while it lasts."""
    asked: list[tuple[str, Callable[[Cursor], Any]]] = []
    run = asking.run

    def listening(cursor: Cursor, name: str, *args: Any, **named: Any) -> Any:
        called = f"{name} of {named['behind']}" if named.get("behind") else name
        asked.append((called, partial(_again, run, name, args, named)))
        return run(cursor, name, *args, **named)

    with ExitStack() as stack:
        for module in [m for name, m in sys.modules.items() if name.startswith("data.queries")]:
            if getattr(module, "run", None) is run:
                stack.enter_context(patch.object(module, "run", listening))
        yield asked


def _again(run: Callable[..., Any], name: str, args: tuple[Any, ...], named: dict[str, Any], cursor: Cursor) -> Any:
    return run(cursor, name, *args, **named)
