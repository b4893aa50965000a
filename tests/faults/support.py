"""Small loads for the fault tests: load number n makes a state that can be told from every other."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa

from data.storage.loads import Load
from data.storage.store import Store
from data.storage.writer import Writer

FIRST = date(2026, 1, 1)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def opportunities(number: int, rows: int = 20) -> pa.Table:
    """The snapshot of load `number`: every row names the load in its stage."""
    return pa.table({"opportunity_id": [f"o{i}" for i in range(rows)], "stage": [f"load {number}"] * rows,
                     "snapshot_date": pa.array([day(number)] * rows, pa.date32())})


def changes(number: int) -> pa.Table:
    """One event that comes anew with every load, and one that only this load brings."""
    at = [datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC) + timedelta(days=number)]
    return pa.table({"opportunity_id": ["always", "once"], "changed_at": pa.array(at, pa.timestamp("us", tz="UTC")),
                     "to_stage": ["s", "s"], "changed_by": [f"load {number}"] * 2})


def write(w: Writer, number: int) -> Load:
    """What an import does, small: a snapshot, events, a mart, rejected rows, publication."""
    w.replace_dates("opportunity", opportunities(number), [day(number)])
    w.merge("stage_change", changes(number))
    w.overwrite("opportunity_change", pa.table({
        "opportunity_id": [f"o{i}" for i in range(number)], "field": ["stage"] * number,
        "changed_on": pa.array([day(number)] * number, pa.date32())}))
    w.quarantine(pa.table({"table": ["opportunity"], "file": [f"load {number}.csv"], "row": [1], "column": ["stage"],
                           "rule": ["stage"], "value": ["?"]}))
    return w.publish(kind="import", as_of=day(number), sources=[{"name": f"load {number}.csv"}], profile="canonical",
                     counts={"opportunity": {"in": 21, "loaded": 20, "quarantined": 1}})


def one_load(store: Store) -> Load:
    """The next load of a store, numbered as the store numbers it."""
    with store.writing() as w:
        return write(w, w.load_id)


def assert_whole(store: Store, load: Load | None) -> None:
    """The state at `load` is that of load number `load.load_id`, in all tables, and of no other."""
    assert load is not None
    n = load.load_id
    assert store.dates("opportunity", load) == [day(i) for i in range(1, n + 1)]
    stages = store.table("opportunity", load).column("stage").to_pylist()
    assert stages == [f"load {i}" for i in range(1, n + 1) for _ in range(20)]
    events = {r["opportunity_id"]: r["changed_by"] for r in store.table("stage_change", load).to_pylist()}
    assert events == {"always": f"load {n}", "once": f"load {n}"}
    assert store.rows("stage_change", load) == n + 1
    assert store.rows("opportunity_change", load) == n
    assert store.table("quarantine", load).column("load_id").to_pylist() == list(range(1, n + 1))
