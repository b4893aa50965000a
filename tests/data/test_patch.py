"""A later load writes only those files of a mart again that hold rows which it changes."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from data.contracts import MARTS, TABLES
from data.marts.history import rebuild_marts, update_marts
from data.settings import parse_settings
from data.storage import parts, patch
from data.storage.store import Store
from tests.data.test_weekly_incremental import IN_STORE

SETTINGS = parse_settings(IN_STORE)
FIRST = date(2026, 1, 7)
STORIES = ("stage_visit", "stage_reach", "opportunity_state")


def snapshot(week: int, changed: str = "", n: int = 40) -> pa.Table:
    """Deals 0 to 29 were lost in the first week, 30 to 39 are open; `changed` has another owner."""
    day = FIRST + timedelta(weeks=week)
    rows = [{"opportunity_id": f"o{i:02d}", "pipeline": "ka", "stage": "A", "created_on": FIRST,
             "status": "lost" if i < 30 and week else "open", "owner_id": "S2" if f"o{i:02d}" == changed else "S1",
             "snapshot_date": day}
            for i in range(n)]
    return pa.Table.from_pylist(rows, TABLES["opportunity"].schema())


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Three snapshots half a year apart, marts in files of ten rows."""
    monkeypatch.setattr(parts, "ROWS_PER_FILE", 10)
    monkeypatch.setattr(parts, "ROWS_PER_GROUP", 5)
    monkeypatch.setattr(patch, "SMALL_ROWS", 0)
    store = Store.open(tmp_path / "s", create=True)
    with store.writing() as w:
        for week in (0, 1, 26):
            w.replace_dates("opportunity", snapshot(week), [FIRST + timedelta(weeks=week)])
        rebuild_marts(w, SETTINGS)
        w.publish(kind="import", as_of=FIRST + timedelta(weeks=26))
    return store


def load(store: Store, week: int, changed: str) -> None:
    day = FIRST + timedelta(weeks=week)
    with store.writing() as w:
        w.replace_dates("opportunity", snapshot(week, changed), [day])
        update_marts(w, SETTINGS, new_dates=[day])
        w.publish(kind="import", as_of=day)


def names(store: Store, mart: str, load_id: int) -> set[str]:
    return {part.path for part in store.parts(mart, store.load(load_id))}


def test_the_files_of_settled_deals_stay_when_a_live_one_changes(store: Store) -> None:
    load(store, 27, changed="o35")
    for mart in STORIES:
        before, after = names(store, mart, 1), names(store, mart, 2)
        assert len(before) > 3, mart
        assert len(before - after) <= 2, mart
        assert before & after, mart


def test_a_load_that_changes_nothing_leaves_every_story_as_it_is(store: Store) -> None:
    load(store, 27, changed="")
    for mart in (*STORIES, "opportunity_change"):
        assert names(store, mart, 1) == names(store, mart, 2), mart


def test_a_settled_deal_that_changes_is_told_again_in_its_own_file(store: Store) -> None:
    load(store, 27, changed="o05")
    owners = store.table("opportunity_state").filter(pc.field("opportunity_id") == "o05")["owner_id"]
    assert owners.to_pylist().count("S2") == 1
    assert names(store, "opportunity_state", 1) & names(store, "opportunity_state", 2)


def test_what_a_change_leaves_as_it_was_is_not_written_again(store: Store) -> None:
    load(store, 27, changed="o05")
    for mart in ("stage_visit", "stage_reach"):
        assert names(store, mart, 1) == names(store, mart, 2), mart
    assert names(store, "opportunity_change", 1) < names(store, "opportunity_change", 2)


def test_rows_under_one_key_are_replaced_together() -> None:
    """A stage that two pipelines have is reached twice: who loses one of both keeps the other."""
    con = duckdb.connect()
    columns = ", ".join(f"NULL::{patch.duckdb_type(f.type)} AS {f.name}" for f in MARTS["stage_reach"].schema()
                        if f.name not in ("opportunity_id", "stage", "pipeline"))
    for table, pipelines in (("stored", ["ka", "smb"]), ("told", ["ka"])):
        con.execute(f"CREATE TABLE {table} AS SELECT 'o1' AS opportunity_id, 'A' AS stage, unnest($p) AS pipeline, "
                    f"{columns}", {"p": pipelines})
    patch.differing(con, "stage_reach", "stored", "told", "reach")
    assert con.sql("SELECT opportunity_id, stage FROM reach_gone").fetchall() == [("o1", "A")]
    assert con.sql("SELECT pipeline FROM reach_told").fetchall() == [("ka",)]


def test_small_files_are_gathered_with_what_comes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patch, "SMALL_ROWS", 10)
    for week in range(27, 40):
        load(store, week, changed=f"o{week:02d}")
    for mart in MARTS:
        sizes = [part.rows for part in store.parts(mart)]
        assert sum(n < 10 for n in sizes) <= 1, (mart, sizes)


def test_earlier_loads_and_a_restore_show_the_files_that_they_name(store: Store) -> None:
    before = {mart: store.table(mart).to_pylist() for mart in MARTS}
    load(store, 27, changed="o35")
    assert store.table("opportunity_state").to_pylist() != before["opportunity_state"]
    assert {mart: store.table(mart, store.load(1)).to_pylist() for mart in MARTS} == before
    store.restore(1)
    assert {mart: store.table(mart).to_pylist() for mart in MARTS} == before
    assert store.verify() == []
