"""One more load, told incrementally, gives the very tables that a rebuild gives."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.marts import history, stories
from data.marts.history import rebuild_marts, update_marts
from tests.data.test_history_oracle import START, TWO, arrow, changes, in_order, snapshots
from tests.oracles.history import NAMES


class Folder:
    """The part of the store's writer that history needs, over a plain folder of Parquet files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now: dict[str, list[str]] = {}

    def files(self, table: str) -> list[str]:
        return self.now.get(table, [])

    def published_files(self, table: str) -> list[str]:
        return []  # these tests are not about the weekly marts, which are then made anew

    def overwrite(self, table: str, data: pa.Table | pa.RecordBatchReader) -> None:
        rows = data if isinstance(data, pa.Table) else data.read_all()
        self.now[table] = [self._write(self.path / table, rows)]

    def replace_files(self, table: str, gone: Collection[str], data: pa.Table | pa.RecordBatchReader) -> None:
        rows = data if isinstance(data, pa.Table) else data.read_all()
        kept = [f for f in self.files(table) if f not in set(gone)]
        self.now[table] = [*kept, self._write(self.path / table, rows)]

    def put(self, day: date, rows: list[dict]) -> None:
        """Adds or replaces one snapshot date."""
        kept = [f for f in self.files("opportunity") if f"snapshot_date={day}" not in f]
        table = arrow([r for r in rows if r["snapshot_date"] == day], "opportunity").drop_columns(["snapshot_date"])
        self.now["opportunity"] = [*kept, self._write(self.path / "opportunity" / f"snapshot_date={day}", table)]

    @staticmethod
    def _write(folder: Path, rows: pa.Table) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{uuid4().hex}.parquet"  # never overwritten, as in the store
        pq.write_table(rows, file)
        return str(file)


def marts(w: Folder) -> dict[str, list[dict]]:
    return {
        name: in_order(pa.concat_tables(pq.read_table(f, partitioning=None) for f in w.files(name)), name)
        for name in NAMES
    }


def check_same(w: Folder) -> None:
    """What was told step by step equals what a rebuild tells."""
    told = marts(w)
    rebuild_marts(w, TWO)
    anew = marts(w)
    for name in NAMES:
        assert told[name] == anew[name], name


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(snapshots(), changes(), changes(), st.data())
def test_any_sequence_of_loads_gives_the_tables_of_a_rebuild(tmp_path_factory, rows, first, later, data) -> None:
    folder = tmp_path_factory.mktemp("store")
    w = Folder(folder)
    days = sorted({r["snapshot_date"] for r in rows})
    if not days:
        return
    order = data.draw(st.permutations(days)) if data.draw(st.booleans()) else days
    start = data.draw(st.integers(1, len(days)))
    w.overwrite("stage_change", arrow(first, "stage_change"))
    for day in order[:start]:
        w.put(day, rows)
    rebuild_marts(w, TWO)
    for day in order[start:]:
        w.put(day, rows)
        update_marts(w, TWO, new_dates=[day])
        check_same(w)
    w.overwrite("stage_change", arrow(later, "stage_change"))
    update_marts(w, TWO, new_dates=[], changed_events=[e["opportunity_id"] for e in first + later])
    check_same(w)
    again = data.draw(st.sampled_from(days))
    w.put(again, [{**r, "owner_id": "new", "stage": "A"} for r in rows])
    update_marts(w, TWO, new_dates=[again])
    check_same(w)
    shutil.rmtree(folder)


def weekly(weeks: int, who: str = "x", **values: object) -> list[dict]:
    return [{"opportunity_id": who, "snapshot_date": START + timedelta(weeks=i), "pipeline": "ka", "stage": "A",
             "status": "open", **values} for i in range(weeks)]


def test_a_quiet_week_tells_no_story_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    w = Folder(tmp_path)
    rows = weekly(3) + weekly(3, "y")
    for day in sorted({r["snapshot_date"] for r in rows})[:2]:
        w.put(day, rows)
    rebuild_marts(w, TWO)
    w.put(rows[2]["snapshot_date"], rows)
    told: list[int] = []
    tell = stories.tell

    def counting(con, *args, **kwargs):
        told.append(con.execute(f"SELECT count(*) FROM {args[1]}").fetchall()[0][0])
        tell(con, *args, **kwargs)

    monkeypatch.setattr(stories, "tell", counting)
    update_marts(w, TWO, new_dates=[rows[2]["snapshot_date"]])
    assert told == [0]
    monkeypatch.undo()
    check_same(w)


def test_chunks_and_buckets_do_not_change_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    w = Folder(tmp_path)
    rows = [
        {**r, "stage": "ABC"[(i + len(who)) % 3]}
        for who in ("x", "yy", "zzz", "wwww")
        for i, r in enumerate(weekly(6, who))
    ]
    for day in sorted({r["snapshot_date"] for r in rows}):
        w.put(day, rows)
    rebuild_marts(w, TWO)
    whole = marts(w)
    monkeypatch.setattr(history, "CHUNK_ROWS", 1)
    monkeypatch.setattr(history, "BUCKET_SPELLS", 3)
    rebuild_marts(w, TWO)
    assert marts(w) == whole
