"""A writer can die at any moment: the last published load stays whole, and the next writer goes on (P2, P6)."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import deltalake
import pytest

from data.errors import MvpodError
from data.intake.importing import import_paths
from data.storage.store import Store
from tests.faults.support import assert_whole, day, one_load, opportunities, write

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900),
              pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and fork")]


class Nursery:
    """Writers in a process of their own, one at a time, killed on command (tests/faults/nursery.py)."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def __call__(self, *words: object) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@contextmanager
def nursery() -> Iterator[Nursery]:
    command = [sys.executable, "-m", "tests.faults.nursery"]
    with subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield Nursery(process)
        finally:
            process.kill()


@pytest.mark.parametrize("loads_before", [0, 2], ids=["first load", "load that writes a checkpoint"])
def test_killed_at_every_step_of_a_load_the_last_load_stays_and_the_next_writer_goes_on(
        tmp_path: Path, loads_before: int) -> None:
    base = Store.open(tmp_path / "base", create=True)
    for _ in range(loads_before):
        one_load(base)
    with nursery() as writer:
        for number in range(1, 400):
            path = tmp_path / f"store{number}"
            shutil.copytree(base.path, path)
            outcome = writer("step", path, number)
            store = Store.open(path)
            after = store.current()
            published = after.load_id if after else 0
            assert published in (loads_before, loads_before + 1)
            if after:
                assert_whole(store, after)
            assert one_load(store).load_id == published + 1
            assert_whole(store, store.current())
            assert store.verify() == []
            shutil.rmtree(path)
            if outcome == "whole":
                assert published == loads_before + 1
                break
            assert outcome == "killed"
        else:
            pytest.fail("the load never ended")
    assert number > 20, "fewer steps than a load has"


def test_killed_at_50_random_moments_nothing_published_is_lost(tmp_path: Path) -> None:
    path, moments = tmp_path / "store", random.Random(20260930)
    store = Store.open(path, create=True)
    seen = one_load(store).load_id
    with nursery() as writer:
        for _ in range(50):
            assert writer("kill", path, round(moments.uniform(0.02, 0.7), 3)) == "killed"
            load = store.current()
            assert load is not None
            assert load.load_id >= seen
            assert_whole(store, load)
            seen = one_load(store).load_id
            assert seen == load.load_id + 1
    assert store.verify() == []
    for load in store.loads()[:: max(1, seen // 10)]:
        assert_whole(store, load)


def test_an_import_killed_at_50_random_moments_leaves_the_last_load_and_the_next_import_succeeds(
        tmp_path: Path) -> None:
    path, moments = tmp_path / "store", random.Random(7)
    published, outcomes = 0, []
    with nursery() as writer:
        for week in range(50):
            monday = date(2025, 1, 6) + timedelta(weeks=week)
            folder = export(tmp_path / f"week{week}", week)
            outcomes.append(writer("import", path, round(moments.uniform(0.05, 1.6), 3), folder, monday))
            store = Store.open(path) if path.exists() else None
            load = store.current() if store else None
            assert (load.load_id if load else 0) in (published, published + 1)
            if store and load:
                assert store.verify(load.load_id) == []
                assert store.dates("opportunity", load)[-1] <= monday
            published = load.load_id if load else 0
            if week % 5 == 4:
                report = import_paths([folder], path, profile="canonical", as_of=monday)
                store = Store.open(path)
                load = store.current()
                assert load is not None
                assert report.is_unchanged or report.load_id == published + 1
                assert store.dates("opportunity")[-1] == monday
                assert store.verify(load.load_id) == []
                published = load.load_id
    assert Store.open(path).verify() == []
    assert "failed" not in outcomes
    assert outcomes.count("killed") >= 5


def export(folder: Path, week: int) -> Path:
    """An export as a CRM gives it: 200 opportunities, of which some have moved on since last week."""
    folder.mkdir()
    stages = ("lead_verified", "registered", "need_confirmed", "proposal")
    rows = [f"o{i},{stages[min(3, (week + i) // 20 % 4)]},{1000 + i},2025-01-01" for i in range(200)]
    (folder / "opportunity.csv").write_text("\n".join(["opportunity_id,stage,amount,created_on", *rows]) + "\n",
                                            encoding="utf-8")
    return folder


def test_tables_that_a_killed_writer_left_ahead_are_taken_back(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store", create=True)
    one_load(store)
    with pytest.raises(RuntimeError, match="power"):
        _die_before_the_row_of_loads(store)
    ahead = max(int(p.stem) for p in (store.path / "opportunity" / "_delta_log").glob("*.json"))
    assert ahead == 1
    assert_whole(store, store.current())
    with store.writing() as w:
        assert w.base is not None
        assert w.base.load_id == 1
        assert len(w.dates("opportunity")) == 1
    others_see = deltalake.DeltaTable(str(store.path / "opportunity"))
    assert len(others_see.file_uris()) == 1, "the newest Delta version is the published state again"
    store = Store.open(store.path)
    one_load(store)
    assert_whole(store, store.current())
    assert store.verify() == []


def _die_before_the_row_of_loads(store: Store) -> None:
    """All tables are committed, the load is not published."""
    def power_cut(*_: object) -> None:
        raise RuntimeError("power")

    with store.writing() as w:
        w._journal.append = power_cut  # type: ignore[assignment,method-assign]
        write(w, 2)


@pytest.mark.parametrize("content", [b"", b'{"commitInfo":{"timest', b"\0" * 300, b'{"add":{"path":"a.parq'],
                         ids=["empty", "cut off", "zeros", "cut off in an action"])
@pytest.mark.parametrize("table", ["loads", "opportunity", "stage_change"])
def test_a_log_entry_torn_by_a_power_failure_is_not_the_published_state(
        tmp_path: Path, table: str, content: bytes) -> None:
    store = Store.open(tmp_path / "store", create=True)
    one_load(store)
    log = store.path / table / "_delta_log"
    (log / f"{1:020d}.json").write_bytes(content)
    assert_whole(store, store.current())
    one_load(store)
    assert_whole(store, store.current())
    assert store.verify() == []


def test_a_body_that_raises_publishes_nothing_and_leaves_no_files(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store", create=True)
    one_load(store)
    before = sorted(store.path.rglob("*.parquet"))
    with pytest.raises(MvpodError, match="E_STORE_DATE"):
        _replace_two_dates_the_second_wrongly(store)
    assert sorted(store.path.rglob("*.parquet")) == before
    assert_whole(store, store.current())


def _replace_two_dates_the_second_wrongly(store: Store) -> None:
    with store.writing() as w:
        w.replace_dates("opportunity", opportunities(2), [day(2)])
        w.replace_dates("opportunity", opportunities(3), [day(9)])
