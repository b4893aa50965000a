"""The steps of a measurement, each of which gives what it found as it goes into the JSON file.

`seconds`, `cpu_s` and `peak_mib` of a step are those of the process that did it, and of nothing else.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks import clicks, packs, pages, plain, questions, sessions, stores
from benchmarks.browser import chromium_path
from benchmarks.company import WEEKS
from benchmarks.measuring import free_mib, in_process
from data.storage.store import Store


@dataclass(frozen=True)
class Subject:
    """What is measured: a store, and how many opportunities the generator made over how many weeks (0 opportunities =
    the sample company)."""

    path: Path
    opportunities: int
    repeats: int
    weeks: int = WEEKS


def ensure(subject: Subject) -> dict[str, Any] | None:
    """Makes the store where it is not there; marts included. None where it is."""
    if (subject.path / "loads").exists():
        return None
    print("  making the company", file=sys.stderr)
    if not subject.opportunities:
        return _cost(in_process(stores.sample_company, subject.path))
    made = _cost(in_process(stores.generate, subject.path, subject.opportunities, subject.weeks))
    in_process(stores.rebuild, subject.path)
    return made


def shape(subject: Subject) -> dict[str, int]:
    """How large the store is."""
    store = Store.open(subject.path)
    files = [part.size for table in (store.current().versions) for part in store.parts(table)]  # type: ignore[union-attr]
    return {"snapshot_rows": store.rows("opportunity"), "snapshots": len(store.dates("opportunity")),
            "visits": store.rows("stage_visit"), "states": store.rows("opportunity_state"), "bytes": sum(files)}


def yardstick(subject: Subject) -> dict[str, Any]:
    """The plain questions in SQL over all snapshots: what the other figures of a run are held against."""
    return _plain(subject, "sql")


def _rebuild(subject: Subject) -> dict[str, Any]:
    cost = _cost(in_process(stores.rebuild, subject.path))
    Store.open(subject.path).vacuum(keep_days=0)  # the marts of earlier measurements
    return cost


def _import(subject: Subject) -> dict[str, Any]:
    with stores.linked_copy(subject.path) as copy:
        if subject.opportunities:
            file, day = in_process(stores.next_week, copy, subject.opportunities, subject.weeks)["answer"]
        else:
            file, day = in_process(stores.last_week, copy)["answer"]
        cost = _cost(in_process(stores.import_week, copy, file, day))
        cost["rows"] = sum(part.rows for part in Store.open(copy).parts("opportunity") if part.day == day)
        shutil.rmtree(file.parent)
    return cost


def _questions(subject: Subject) -> dict[str, Any]:
    found = in_process(questions.times_of, subject.path, subject.repeats)
    return {**_cost(found), **found["answer"]}


def _plain(subject: Subject, kind: str) -> dict[str, Any]:
    load = Store.open(subject.path).current()
    assert load is not None
    assert load.as_of is not None
    try:
        found = in_process(plain.times_of, subject.path, kind, load.as_of, load.as_of - timedelta(days=364),
                           most_mib=plain.SHARE * free_mib())
    except RuntimeError as error:  # for want of memory: a yardstick need not stop the run
        return {"reason": str(error)}
    return {**_cost(found), **found["answer"]}


def _page_queries(subject: Subject) -> dict[str, Any]:
    opened = in_process(pages.queries_of_pages, subject.path)
    timed = in_process(pages.times_of, subject.path, opened["answer"], subject.repeats)
    return {**_cost(timed), "opening": _cost(opened), "queries": timed["answer"]}


def _packs(subject: Subject) -> dict[str, Any]:
    found = in_process(packs.times_of, subject.path)
    return {**_cost(found), "kinds": found["answer"]}


def _browser(subject: Subject) -> dict[str, Any]:
    if not chromium_path():
        return {"reason": "not run: Chromium is not installed"}
    return clicks.click_times(subject.path)


def _start(subject: Subject) -> dict[str, Any]:
    if subject.opportunities:
        return {"reason": "not run: only the sample company is built by the first start"}
    return clicks.start_times() if chromium_path() else {"reason": "not run: Chromium is not installed"}


#: name -> what it does, in the order in which they are done; the yardstick is part of every run
STEPS: dict[str, Callable[[Subject], dict[str, Any]]] = {
    "rebuild": _rebuild,
    "import": _import,
    "questions": _questions,
    "polars": lambda subject: _plain(subject, "polars"),
    "pandas": lambda subject: _plain(subject, "pandas"),
    "pages": _page_queries,
    "packs": _packs,
    "browser": _browser,
    "start": _start,
    "sessions": lambda subject: sessions.times_of(subject.path),
    "soak": lambda subject: sessions.soak(subject.path),
}


def _cost(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("seconds", "cpu_s", "peak_mib")}
