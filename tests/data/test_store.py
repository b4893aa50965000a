"""The store: one published state of all tables, earlier states kept, damage noticed, the disk's answers explained."""

from __future__ import annotations

import errno
import json
import os
import random
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import deltalake
import polars
import pyarrow as pa
import pytest

from data.contracts import CONTRACT_VERSION, MARTS, TABLES
from data.errors import MvpodError
from data.storage import loads as loads_module
from data.storage.place import Place
from data.storage.store import Load, Store, Writer
from data.storage.vacuum import Vacuumed

ROOT = Path(__file__).resolve().parents[2]
JAN, FEB = date(2026, 1, 31), date(2026, 2, 28)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store", create=True)


def snapshot(day: date, **stages: str) -> pa.Table:
    """Opportunities by id and stage, on a day."""
    return pa.table({"opportunity_id": list(stages), "stage": list(stages.values()),
                     "snapshot_date": pa.array([day] * len(stages), pa.date32())})


def activities(**kinds: str) -> pa.Table:
    """Activities by id and kind."""
    at = pa.array([datetime(2026, 1, 5, tzinfo=UTC)] * len(kinds), pa.timestamp("us", tz="UTC"))
    return pa.table({"activity_id": list(kinds), "occurred_at": at, "kind": list(kinds.values())})


def publish(w: Writer, as_of: date = JAN, **more: object) -> Load:
    return w.publish(kind="import", as_of=as_of, profile="canonical", **more)  # type: ignore[arg-type]


def load_snapshot(store: Store, day: date, **stages: str) -> Load:
    with store.writing() as w:
        w.replace_dates("opportunity", snapshot(day, **stages), [day])
        return publish(w, day)


def stages(store: Store, load: Load | None = None) -> dict[tuple[date, str], str]:
    rows = store.table("opportunity", load).to_pylist()
    return {(r["snapshot_date"], r["opportunity_id"]): r["stage"] for r in rows}


def kinds(store: Store) -> list[tuple[str, str]]:
    return [(r["activity_id"], r["kind"]) for r in store.table("activity").to_pylist()]


# What a load is


def test_a_new_store_has_no_load_and_no_files(store: Store) -> None:
    assert store.current() is None
    assert store.loads() == []
    assert store.files("opportunity") == []
    assert store.table("opportunity").schema == TABLES["opportunity"].schema()


def test_a_load_comes_back_as_it_was_published(store: Store) -> None:
    moment = datetime(2026, 2, 1, 8, 30, tzinfo=UTC)
    with store.writing() as w:
        w.replace_dates("opportunity", snapshot(JAN, a="lead"), [JAN])
        published = w.publish(kind="import", as_of=JAN, sources=[{"name": "商机.csv", "sha256": "ab"}], profile="p",
                              counts={"opportunity": {"in": 1}}, settings_text="[organisation]\nname = \"甲\"\n",
                              loaded_at=moment)
    read = store.current()
    assert read == published == store.load(1)
    assert read is not None
    assert (read.load_id, read.kind, read.as_of, read.loaded_at, read.profile) == (1, "import", JAN, moment, "p")
    assert read.sources == ({"name": "商机.csv", "sha256": "ab"},)
    assert read.settings_text == "[organisation]\nname = \"甲\"\n"
    assert read.contract_version == CONTRACT_VERSION
    assert read.files == published.files
    assert {f.path.split("/")[0] for f in read.files} == {"opportunity"}


def test_every_date_stays_and_the_same_date_again_replaces_it_while_the_old_state_is_kept(store: Store) -> None:
    first = load_snapshot(store, JAN, a="lead", b="lead")
    load_snapshot(store, FEB, a="offer")
    load_snapshot(store, JAN, a="need")
    assert stages(store) == {(JAN, "a"): "need", (FEB, "a"): "offer"}
    assert stages(store, first) == {(JAN, "a"): "lead", (JAN, "b"): "lead"}
    assert store.dates("opportunity") == [JAN, FEB]


def test_many_dates_come_in_one_load_in_any_order_as_table_or_stream(store: Store) -> None:
    days = [date(2026, 1, 1) + timedelta(days=i) for i in range(40)]
    rows = [{"opportunity_id": f"o{i}", "stage": str(day), "snapshot_date": day} for day in days for i in range(50)]
    random.Random(1).shuffle(rows)
    table = pa.Table.from_pylist(rows)
    for data in (table, table.to_reader(max_chunksize=37)):
        with store.writing() as w:
            w.replace_dates("opportunity", data, days)
            publish(w)
        assert store.dates("opportunity") == days
        assert sorted(stages(store).values()) == sorted(r["stage"] for r in rows)
        assert store.rows("opportunity") == 2000


def test_events_are_replaced_by_key_and_keep_the_order_in_which_they_came(store: Store) -> None:
    with store.writing() as w:
        w.merge("activity", activities(a="call", b="mail", c="visit"))
        publish(w)
    with store.writing() as w:
        w.merge("activity", activities(d="call", b="letter"))
        publish(w)
    assert kinds(store) == [("a", "call"), ("c", "visit"), ("d", "call"), ("b", "letter")]


def test_a_key_with_an_empty_part_is_the_same_key_again(store: Store) -> None:
    def target(amount: int) -> pa.Table:
        return pa.table({"period": ["2026Q1", "2026Q1"], "team": ["East", None], "amount": [amount, amount + 1]})

    for amount in (10, 20):
        with store.writing() as w:
            w.merge("target", target(amount))
            publish(w)
    assert [(r["team"], int(r["amount"])) for r in store.table("target").to_pylist()] == [("East", 20), (None, 21)]


def test_one_key_twice_in_the_same_events_is_refused(store: Store) -> None:
    twice = pa.concat_tables([activities(a="call"), activities(a="mail")])
    with pytest.raises(MvpodError) as caught, store.writing() as w:
        w.merge("activity", twice)
    assert (caught.value.code, caught.value.fields["found"]) == ("E_STORE_KEY", 1)


def test_an_event_table_fed_in_many_small_loads_is_gathered_into_few_files(store: Store) -> None:
    for i in range(40):
        with store.writing() as w:
            w.merge("activity", activities(**{f"a{i:02d}": "call"}))
            publish(w)
    assert [key for key, _ in kinds(store)] == [f"a{i:02d}" for i in range(40)]
    assert len(store.files("activity")) < 33
    assert store.verify() == []


def test_a_mart_is_replaced_whole_even_by_nothing_and_even_with_other_columns_than_before(store: Store) -> None:
    with store.writing() as w:
        w.overwrite("opportunity_change", pa.table({"opportunity_id": ["a"], "field": ["stage"],
                                                    "changed_on": pa.array([JAN], pa.date32())}))
        w.overwrite("stage_visit", MARTS["stage_visit"].schema().empty_table())
        publish(w)
    assert store.rows("opportunity_change") == 1
    assert store.rows("stage_visit") == 0
    assert store.files("stage_visit"), "an empty table is a table"
    deltalake.DeltaTable(str(store.path / "stage_visit")).alter.add_columns(
        deltalake.Field("of_an_older_version", deltalake.schema.PrimitiveType("string")))
    with store.writing() as w:
        w.overwrite("stage_visit", MARTS["stage_visit"].schema().empty_table())
        publish(w)
    names = [f.name for f in deltalake.DeltaTable(str(store.path / "stage_visit")).schema().fields]
    assert names == MARTS["stage_visit"].schema().names
    assert store.verify() == []


def test_rejected_rows_are_kept_by_load_and_survive_a_restore(store: Store) -> None:
    reject = pa.table({"table": ["opportunity"], "file": ["x.csv"], "row": [17], "column": ["amount"],
                       "rule": ["number"], "value": ["abc"]})
    load_snapshot(store, JAN, a="lead")
    with store.writing() as w:
        w.quarantine(reject)
        publish(w)
    store.restore(1)
    assert store.table("quarantine").select(["load_id", "row", "value"]).to_pylist() == [
        {"load_id": 2, "row": 17, "value": "abc"}]


def test_the_writer_sees_what_it_has_written_before_anybody_else_does(store: Store) -> None:
    load_snapshot(store, JAN, a="lead")
    with store.writing() as w:
        w.replace_dates("opportunity", snapshot(FEB, a="offer", b="lead"), [FEB])
        assert w.dates("opportunity") == [JAN, FEB]
        assert w.rows("opportunity") == 3
        assert len(w.files("opportunity")) == 2
        assert store.dates("opportunity") == [JAN]
        publish(w)
    assert store.dates("opportunity") == [JAN, FEB]


def test_one_writer_can_publish_several_loads(store: Store) -> None:
    with store.writing() as w:
        w.replace_dates("opportunity", snapshot(JAN, a="lead"), [JAN])
        assert publish(w).load_id == 1
        w.replace_dates("opportunity", snapshot(FEB, a="offer"), [FEB])
        assert publish(w).load_id == 2
    assert store.dates("opportunity", store.load(1)) == [JAN]
    assert store.dates("opportunity") == [JAN, FEB]
    assert store.verify() == []


@pytest.mark.parametrize(("name", "data", "column"), [
    ("opportunity", {"opportunity_id": ["a"], "stage": ["s"], "snapshot_date": [JAN], "colour": ["red"]}, "colour"),
    ("opportunity", {"opportunity_id": ["a"], "stage": ["s"], "snapshot_date": [JAN], "amount": ["many"]}, "amount"),
    ("opportunity", {"opportunity_id": ["a"], "stage": [None], "snapshot_date": [JAN]}, "stage"),
    ("opportunity", {"opportunity_id": ["a"], "stage": ["s"]}, "snapshot_date"),
], ids=["unknown column", "wrong type", "required but empty", "no date"])
def test_rows_that_break_the_contract_are_refused(store: Store, name: str, data: dict, column: str) -> None:
    with pytest.raises(MvpodError) as caught, store.writing() as w:
        w.replace_dates(name, pa.table(data), [JAN])
    assert (caught.value.code, caught.value.fields["column"]) == ("E_STORE_SCHEMA", column)


def test_a_misspelt_table_is_refused_with_the_nearest_name(store: Store) -> None:
    with pytest.raises(MvpodError, match=r"E_STORE_TABLE.*Did you mean 'opportunity'"):
        store.files("oportunity")


# Others can read it


def test_any_delta_reader_sees_the_published_tables(store: Store) -> None:
    load_snapshot(store, JAN, a="lead", b="lead")
    load_snapshot(store, FEB, a="offer")
    frame = polars.read_delta(str(store.path / "opportunity")).sort("snapshot_date", "opportunity_id")
    assert frame.select("opportunity_id", "stage", "snapshot_date").rows() == [
        ("a", "lead", JAN), ("b", "lead", JAN), ("a", "offer", FEB)]


def test_a_store_can_be_moved_to_a_folder_with_another_name(store: Store, tmp_path: Path) -> None:
    load_snapshot(store, JAN, a="lead")
    moved = store.path.rename(tmp_path / "数据 仓 100% #1")
    assert stages(Store.open(moved)) == {(JAN, "a"): "lead"}
    assert stages(Store.open(os.path.relpath(moved))) == {(JAN, "a"): "lead"}
    load_snapshot(Store.open(moved), FEB, a="offer")
    assert Store.open(moved).verify() == []


def test_a_folder_name_that_the_delta_library_would_read_as_another_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plan A").mkdir()
    with pytest.raises(MvpodError, match="E_STORE_PATH"):
        Store.open(tmp_path / "plan%20A", create=True)


# Earlier states


def test_restore_brings_an_earlier_state_back_as_a_load_of_its_own(store: Store) -> None:
    load_snapshot(store, JAN, a="lead")
    with store.writing() as w:
        w.replace_dates("opportunity", snapshot(FEB, a="offer"), [FEB])
        w.merge("activity", activities(a="call"))
        publish(w, FEB)
    back = store.restore(1)
    assert (back.load_id, back.kind, back.as_of, back.sources) == (3, "restore", JAN, ({"load": 1},))
    assert stages(store) == {(JAN, "a"): "lead"}
    assert "activity" not in back.versions
    assert store.files("activity") == []
    assert store.restore(2).load_id == 4
    assert store.dates("opportunity") == [JAN, FEB]
    assert kinds(store) == [("a", "call")]
    assert store.verify() == []


def test_a_table_that_a_restore_left_out_starts_empty_again(store: Store) -> None:
    load_snapshot(store, JAN, a="lead")
    with store.writing() as w:
        w.merge("activity", activities(a="call", b="mail"))
        publish(w)
    store.restore(1)
    with store.writing() as w:
        w.merge("activity", activities(c="visit"))
        publish(w)
    assert kinds(store) == [("c", "visit")]
    assert polars.read_delta(str(store.path / "activity"))["activity_id"].to_list() == ["c"]
    assert store.verify() == []


def test_an_unknown_load_is_refused_with_the_range_of_loads(store: Store) -> None:
    load_snapshot(store, JAN, a="lead")
    for ask in (store.load, store.restore, store.verify):
        with pytest.raises(MvpodError, match=r"E_STORE_LOAD.*1 to 1"):
            ask(7)


def test_order_is_by_load_number_even_where_the_clock_goes_back(store: Store) -> None:
    for day, hour in ((JAN, 12), (FEB, 1)):
        with store.writing() as w:
            w.replace_dates("opportunity", snapshot(day, a="s"), [day])
            publish(w, day, loaded_at=datetime(2026, 3, 1, hour, tzinfo=UTC))
    current = store.current()
    assert current is not None
    assert (current.load_id, current.as_of) == (2, FEB)


# Vacuum


def aged(store: Store) -> None:
    """All files look two days old, so that the grace period for readers is over."""
    past = time.time() - 2 * 86400
    for path in store.path.rglob("*"):
        if path.is_file():
            os.utime(path, (past, past))


def test_vacuum_removes_what_no_kept_load_names_and_is_a_load_that_says_so(store: Store) -> None:
    load_snapshot(store, JAN, a="lead")
    load_snapshot(store, JAN, a="need")
    load_snapshot(store, FEB, a="offer")
    aged(store)
    later = datetime.now(UTC) + timedelta(days=100)
    plan = store.vacuum(90, dry_run=True, now=later)
    assert [f for f in plan.files if f.startswith("opportunity/")] == list(plan.files)
    assert len(plan.files) == 1
    assert store.rows("opportunity", store.load(1)) == 1, "a dry run removes nothing"
    assert store.vacuum(90, now=later) == plan
    current = store.current()
    assert current is not None
    assert (current.kind, current.counts["oldest"]) == ("vacuum", 3)
    assert stages(store) == {(JAN, "a"): "need", (FEB, "a"): "offer"}
    assert store.verify() == []
    for ask in (lambda: store.files("opportunity", store.load(1)), lambda: store.restore(1)):
        with pytest.raises(MvpodError, match="E_STORE_GONE: Load 1"):
            ask()
    assert store.restore(3).kind == "restore"


def test_vacuum_keeps_recent_loads_recent_files_and_the_current_load(store: Store) -> None:
    load_snapshot(store, JAN, a="lead")
    load_snapshot(store, JAN, a="need")
    assert store.vacuum(0) == Vacuumed((), 0, 2), "files of the last hour may be in a reader's hands"
    aged(store)
    assert store.vacuum(30).files == ()
    assert store.rows("opportunity", store.load(1)) == 1


def test_vacuum_removes_what_a_killed_writer_left(store: Store) -> None:
    load_snapshot(store, JAN, a="lead")
    orphan = store.path / "opportunity" / "snapshot_date=2026-02-28" / "00000002-00000-00000-dead.parquet"
    orphan.parent.mkdir()
    orphan.write_bytes(b"half a file")
    aged(store)
    assert store.vacuum(90).files == (orphan.relative_to(store.path).as_posix(),)
    assert not orphan.exists()
    assert store.verify() == []


# Damage


def files_of(store: Store) -> list[Path]:
    return [p for p in sorted(store.path.rglob("*")) if p.is_file() and p.name not in (".lock", "store.json")]


def test_every_one_of_200_flipped_bits_is_found_by_verify(store: Store) -> None:
    for day in (JAN, FEB):
        with store.writing() as w:
            w.replace_dates("opportunity", snapshot(day, **{f"o{i}": "lead" for i in range(50)}), [day])
            w.merge("activity", activities(a="call", b=str(day)))
            publish(w, day)
    recorded = {f.path for load in store.loads() for f in load.files}
    targets = [p for p in files_of(store) if p.relative_to(store.path).as_posix() in recorded]
    assert len(targets) >= 8
    chance = random.Random(35)
    for _ in range(200):
        path = chance.choice(targets)
        sound = path.read_bytes()
        damaged = bytearray(sound)
        damaged[chance.randrange(len(sound))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        problems = store.verify()
        assert path.relative_to(store.path).as_posix() in {p.path for p in problems}, path
        assert all(p.text("en") and p.text("zh") for p in problems)
        path.write_bytes(sound)
    assert store.verify() == []


def test_a_changed_row_in_the_list_of_loads_is_found_by_its_digest(store: Store) -> None:
    for _ in range(3):
        load_snapshot(store, JAN, a="lead")
    folder = loads_module.Journal(store.path, Place(store.path))
    part = folder.parts()[1]
    table = pa.parquet.read_table(folder.folder.path / part.path, partitioning=None)
    forged = table.set_column(table.column_names.index("profile"), "profile", pa.array(["another"]))
    pa.parquet.write_table(forged, folder.folder.path / part.path)
    assert [(p.load_id, p.code) for p in store.verify()] == [(2, "V_LOADS")]


def test_a_missing_and_a_truncated_file_are_found(store: Store) -> None:
    load_snapshot(store, JAN, a="lead")
    load_snapshot(store, FEB, a="lead")
    one, two = map(Path, store.files("opportunity"))
    one.unlink()
    two.write_bytes(two.read_bytes()[:100])
    assert {(Path(p.path).name, p.code) for p in store.verify()} == {(one.name, "V_MISSING"), (two.name, "V_CHANGED")}


def test_a_damaged_checkpoint_is_found(store: Store) -> None:
    for i in range(21):
        load_snapshot(store, date(2026, 1, 1) + timedelta(days=i), a="lead")
    checkpoint = next((store.path / "opportunity" / "_delta_log").glob("*.checkpoint.parquet"))
    assert store.verify() == []
    checkpoint.write_bytes(checkpoint.read_bytes()[:-100])
    assert {p.code for p in store.verify()} == {"V_LOG"}


def test_a_damaged_last_load_leaves_the_one_before_served_and_a_restore_repairs(store: Store) -> None:
    load_snapshot(store, JAN, a="lead")
    load_snapshot(store, FEB, a="lead")
    entry = max((store.path / "loads" / "_delta_log").glob("*.json"))
    entry.write_bytes(entry.read_bytes().replace(b'"add"', b'"a\xe4d"'))
    assert store.dates("opportunity") == [JAN]
    assert [p.code for p in store.verify()] == ["V_LOG"]
    with pytest.raises(MvpodError, match="E_STORE_DAMAGED"), store.writing():
        pass
    assert store.restore(1).load_id > 1
    assert store.dates("opportunity") == [JAN]
    assert store.verify() == []
    load_snapshot(store, FEB, a="offer")
    assert store.dates("opportunity") == [JAN, FEB]


# Versions and disks


def test_a_store_of_a_newer_version_is_refused(store: Store) -> None:
    (store.path / "store.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(MvpodError, match="E_STORE_NEWER"):
        Store.open(store.path)


def test_a_load_of_a_newer_contract_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.storage.writer.CONTRACT_VERSION", CONTRACT_VERSION + 1)
    load_snapshot(store, JAN, a="lead")
    with pytest.raises(MvpodError, match="E_STORE_NEWER"):
        store.current()
    with pytest.raises(MvpodError, match="E_STORE_NEWER"), store.writing():
        pass


def test_nothing_an_empty_folder_and_a_folder_with_other_things_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(MvpodError, match="E_STORE_EMPTY"):
        Store.open(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    assert Store.open(tmp_path / "empty").current() is None
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear")
    for create in (False, True):
        with pytest.raises(MvpodError, match=r"E_STORE_FOREIGN.*letter\.txt"):
            Store.open(tmp_path / "home", create=create)
    assert sorted(p.name for p in (tmp_path / "home").iterdir()) == ["letter.txt"]


@pytest.mark.parametrize(("number", "code"), [(errno.EROFS, "E_STORE_READONLY"), (errno.EACCES, "E_STORE_READONLY"),
                                              (errno.ENOSPC, "E_STORE_DISK"), (errno.EIO, "E_STORE_DISK")])
@pytest.mark.parametrize("place", ["pyarrow.parquet.write_table", "data.storage.place._sync",
                                   "data.storage.parts.Path.mkdir"])
def test_what_the_disk_answers_is_explained_and_nothing_is_published(
        store: Store, monkeypatch: pytest.MonkeyPatch, place: str, number: int, code: str) -> None:
    load_snapshot(store, JAN, a="lead")

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(place, fail)
        with pytest.raises(MvpodError) as caught:
            load_snapshot(store, FEB, a="offer")
    assert caught.value.code == code
    assert os.strerror(number) in caught.value.text("zh")
    assert store.dates("opportunity") == [JAN]
    load_snapshot(store, FEB, a="offer")
    assert store.verify() == []


def test_a_disk_without_hard_links_is_refused_before_anything_is_written(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(os, "link", no_links)
    with pytest.raises(MvpodError, match="E_STORE_FILESYSTEM"):
        Store.open(tmp_path / "store", create=True)


def test_reading_needs_no_permission_to_write(store: Store) -> None:
    load_snapshot(store, JAN, a="lead")
    before = {p: p.stat().st_mtime_ns for p in files_of(store)}
    (store.path / ".lock").unlink()
    assert stages(Store.open(store.path)) == {(JAN, "a"): "lead"}
    assert store.verify() == []
    assert {p: p.stat().st_mtime_ns for p in files_of(store)} == before
    assert not (store.path / ".lock").exists()


# Many at once


def test_a_second_writer_waits_or_is_told(store: Store) -> None:
    with store.writing() as w:
        publish(w)
        with pytest.raises(MvpodError) as caught, Store.open(store.path).writing(timeout=0.2):
            pass
        assert caught.value.code == "E_BUSY"
        late = threading.Timer(0.3, lambda: None)
        late.start()
    with Store.open(store.path).writing(timeout=5) as w:
        assert publish(w).load_id == 2


_WRITER = """
import sys
from data.storage.store import Store
from tests.faults.support import day, opportunities
store = Store.open(sys.argv[1], create=True)
for i in range(5):
    number = int(sys.argv[2]) * 5 + i
    with store.writing(timeout=300) as w:
        w.replace_dates("opportunity", opportunities(number), [day(number)])
        w.publish(kind="import", as_of=day(number), sources=[{"name": str(number)}])
"""


@pytest.mark.slow
def test_eight_processes_writing_at_once_lose_no_load_and_leave_no_gap(tmp_path: Path) -> None:
    path = tmp_path / "store"
    writers = [subprocess.Popen([sys.executable, "-c", _WRITER, str(path), str(i)], cwd=ROOT) for i in range(8)]
    assert [w.wait(timeout=280) for w in writers] == [0] * 8
    store = Store.open(path)
    found = store.loads()
    assert [load.load_id for load in found] == list(range(1, 41))
    assert sorted(int(load.sources[0]["name"]) for load in found) == list(range(40))
    assert len(store.dates("opportunity")) == 40
    assert store.rows("opportunity") == 40 * 20
    assert store.verify() == []


def test_readers_see_one_whole_load_while_a_writer_replaces_everything(store: Store) -> None:
    """Every load writes the same word into two tables; a reader never sees two words."""
    def load(word: str) -> None:
        with store.writing() as w:
            w.replace_dates("opportunity", snapshot(JAN, **{f"o{i}": word for i in range(30)}), [JAN])
            w.merge("activity", activities(a=word, b=word))
            publish(w)

    load("start")
    seen: list[set[str]] = []
    done = threading.Event()

    def read() -> None:
        own = Store.open(store.path)
        while not done.is_set():
            at = own.current()
            words = set(own.table("opportunity", at)["stage"].to_pylist())
            seen.append(words | set(own.table("activity", at)["kind"].to_pylist()))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for thread in readers:
        thread.start()
    for i in range(25):
        load(f"word {i}")
    done.set()
    for thread in readers:
        thread.join()
    assert len(seen) >= 10
    assert all(len(words) == 1 for words in seen)
    assert len({next(iter(words)) for words in seen}) > 1


# Growth


@pytest.mark.slow
def test_opening_a_store_of_120_loads_reads_few_files(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.storage.place._sync", lambda _: None)  # only this test's speed
    for i in range(120):
        with store.writing() as w:
            if i % 10 == 0:
                w.replace_dates("opportunity", snapshot(JAN, a=str(i)), [JAN])
            publish(w)
    current = store.current()
    assert current is not None
    assert current.load_id == 120
    assert [load.load_id for load in store.loads()] == list(range(1, 121))
    log = store.path / "loads" / "_delta_log"
    last_checkpoint = json.loads((log / "_last_checkpoint").read_text())["version"]
    assert max(int(p.stem) for p in log.glob("*.json")) - last_checkpoint <= 25
    assert len(loads_module.Journal(store.path, Place(store.path)).parts()) <= 52
    assert stages(store, store.load(11)) == {(JAN, "a"): "10"}
    assert store.verify() == []
