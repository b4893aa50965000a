"""A rebuild with Spark gives the very marts that DuckDB's gives, row by row; and Spark alone counts the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from data import demo
from data.contracts import MARTS
from data.engine import parquet
from data.errors import MvpodError
from data.intake.importing import import_paths
from data.maintenance import rebuild
from data.marts import spark as engine
from data.marts.history import rebuild_marts
from data.settings import Settings
from data.storage.store import Load, Store
from tests.data.test_history_oracle import START, TWO
from tests.data.test_weekly_incremental import Folder, story
from tests.data.test_weekly_marts import RULES
from tests.oracles.history import NAMES

pytest.importorskip("pyspark", reason="pyspark is not installed (requirements-spark.txt)")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("JAVA_HOME") and not shutil.which("java"), reason="Spark needs Java"),
]

ROOT = Path(__file__).resolve().parents[2]
#: An opportunity's last state, in which nothing is decided.
LIVE = "valid_to IS NULL AND status IN ('open', 'paused', 'future')"
MAVEN = ROOT.parent / "shared" / "data" / "maven_crm"


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """One local Spark for all tests here: starting it is what costs time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")  # Java compiles quickly instead of well
        with engine.session("local[2]") as spark:
            yield spark


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a small sample company."""
    path = tmp_path_factory.mktemp("company") / "store"
    demo.create(path, accounts=120, opportunities=700, weeks=60)
    return path


def differing(one: dict[str, list[str]], other: dict[str, list[str]]) -> dict[str, int]:
    """Rows that only one of two lists of mart files has, by mart; a row that comes twice counts twice."""
    found = {}
    for name, mart in MARTS.items():
        a, b = parquet(one[name], mart), parquet(other[name], mart)
        with duckdb.connect() as con:
            found[name] = con.execute(f"""SELECT (SELECT count(*) FROM (FROM {a} EXCEPT ALL FROM {b}))
                                          + (SELECT count(*) FROM (FROM {b} EXCEPT ALL FROM {a}))""").fetchall()[0][0]
    return {name: rows for name, rows in found.items() if rows}


def laid(store: Store, load: Load, mart: str, column: str) -> list[Any]:
    """A column of a mart in the order in which it is stored."""
    with duckdb.connect(config={"threads": 1}) as con:
        return [row[0] for file in store.files(mart, load)
                for row in con.execute(f"SELECT {column} FROM read_parquet('{file}')").fetchall()]


def rows(files: dict[str, list[str]]) -> dict[str, int]:
    """Rows of each mart."""
    with duckdb.connect() as con:
        return {name: con.execute(f"SELECT count(*) FROM {parquet(files[name], MARTS[name])}").fetchall()[0][0]
                for name in MARTS}


def made_by_both(w: Folder, rules: Settings, session: Any) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The mart files that DuckDB's rebuild writes, and those that Spark's writes, of the same tables."""
    rebuild_marts(w, rules)
    plain = {name: w.files(name) for name in MARTS}
    engine.rebuild_marts(w, rules, spark=session)
    return plain, {name: w.files(name) for name in MARTS}


def test_the_sample_company_has_the_same_marts_in_the_same_layout(sample: Path, session: Any) -> None:
    store = Store.open(sample)
    first = rebuild(sample)
    told: list[float] = []
    second = rebuild(sample, lambda text, share: told.append(share), partial(engine.rebuild_marts, spark=session))
    plain, spread = ({name: store.files(name, load) for name in MARTS} for load in (first, second))
    assert all(rows(plain).values())
    assert differing(plain, spread) == {}
    assert (second.kind, second.as_of, second.settings_text) == ("rebuild", first.as_of, first.settings_text)
    assert sorted(f.rows for f in second.files if f.rows is not None) == sorted(
        f.rows for f in first.files if f.rows is not None)
    assert store.verify(second.load_id) == []
    assert told == sorted(told)
    assert 0 <= told[0] < 0.2
    assert 0.9 < told[-1] <= 1
    weeks, live = laid(store, second, "opportunity_week", "week"), laid(store, second, "opportunity_state", LIVE)
    assert weeks == sorted(weeks)
    assert live.index(True) > live.count(False) / 2  # what later loads touch lies together, behind what is settled


def histories(random: Random, count: int) -> tuple[list[dict], list[dict]]:
    """Snapshots and stage events of `count` opportunities that come, go, move, pause and close as chance has it."""
    seen, said = [], []
    for who in (f"o{n}" for n in range(count)):
        pipeline, row = random.choice(["ka", "ka", "smb", None]), {}
        stages = ["A", "B", "signed", "void"] if pipeline == "smb" else ["A", "B", "C", "A", "B", "hold", "won", "lost"]
        for day in range(0, 36, 4):
            if not row or random.random() < 0.4:
                row = {"pipeline": pipeline, "stage": random.choice(stages), "segment": random.choice(["KA", None]),
                       "status": random.choice(["open", "open", "open", "paused", "future", "lost", "void", None]),
                       "amount_base": random.choice([None, Decimal("10.00"), Decimal("12.50")]),
                       "owner_id": random.choice(["o1", "o2"]),
                       **{name: random.choice([None, START + timedelta(days=random.randint(-20, 40))])
                          for name in ("created_on", "closed_on", "stage_entered_on")}}
            if random.random() < 0.8:
                seen.append({"opportunity_id": who, "snapshot_date": START + timedelta(days=day), **row})
        for order in range(random.choice([0, 0, 1, 2, 4])):
            at = datetime(2026, 1, 5, random.choice([0, 15, 17]), tzinfo=UTC) + timedelta(days=random.randint(-10, 30))
            said.append({"opportunity_id": who, "changed_at": at, "is_date_only": at.hour == 0, "file_order": order,
                         "pipeline": pipeline, "to_stage": random.choice(stages),
                         "from_stage": random.choice([None, "A"])})
    return seen, said


def test_random_histories_are_told_the_same(tmp_path: Path, session: Any) -> None:
    w = Folder(tmp_path)
    for name, found in zip(("opportunity", "stage_change"), histories(Random(7), 150), strict=True):
        w.put(name, found)
    plain, spread = made_by_both(w, TWO, session)
    assert min(rows(plain)[name] for name in NAMES) > 200
    assert differing(plain, spread) == {}


def test_random_deals_and_accounts_have_the_same_weeks_in_many_portions(
        tmp_path: Path, session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = story(21)
    for n, person in enumerate(r for r in tables["contact"] if r["account_id"] == "a3"):
        person["account_id"] = "a4" if n > 3 else "a3"  # somebody moves
    w = Folder(tmp_path / "odd [name] {of} a*store?")
    for name, found in tables.items():
        w.put(name, found)
    monkeypatch.setattr(engine, "PORTION_ROWS", 60)  # five portions: some have no account, some no deal
    plain, spread = made_by_both(w, RULES, session)
    assert min(rows(plain)[name] for name in ("opportunity_week", "account_week", "stage_visit")) > 10
    assert differing(plain, spread) == {}


def test_stage_events_alone_are_a_history_that_ends_on_the_last_of_them(tmp_path: Path, session: Any) -> None:
    tables, w = story(22), Folder(tmp_path)
    monday = min(r["week"] for r in tables["assessment"])
    w.put("assessment", tables["assessment"])
    w.put("stage_change", [{"opportunity_id": r["opportunity_id"],
                            "changed_at": datetime.combine(r["week"], time(), UTC) - timedelta(days=3 * n),
                            "to_stage": "ABA"[n % 3], "is_date_only": True, "pipeline": "ka", "file_order": n}
                           for n, r in enumerate(tables["assessment"]) if r["week"] > monday])
    plain, spread = made_by_both(w, RULES, session)
    assert rows(plain)["opportunity_week"] > 10
    assert differing(plain, spread) == {}


@pytest.mark.skipif(not MAVEN.is_dir(), reason="the public CRM export is not here")
def test_a_public_crm_export_has_the_same_marts(tmp_path: Path, session: Any) -> None:
    path = tmp_path / "store"
    import_paths([MAVEN], path, profile="maven-crm", as_of=date(2017, 12, 31))
    store = Store.open(path)
    first = rebuild(path)
    second = rebuild(path, engine=partial(engine.rebuild_marts, spark=session))
    plain, spread = ({name: store.files(name, load) for name in MARTS} for load in (first, second))
    assert rows(plain)["opportunity_state"] > 8000
    assert differing(plain, spread) == {}


def test_a_stage_that_the_settings_lack_is_named_whatever_portion_has_it(tmp_path: Path, session: Any) -> None:
    w = Folder(tmp_path)
    w.put("opportunity", [{"opportunity_id": f"o{n}", "snapshot_date": date(2026, 1, 5), "pipeline": "ka",
                           "stage": f"lost {n}" if n < 3 else "A", "status": "open"} for n in range(40)])
    with pytest.raises(MvpodError) as caught:
        engine.rebuild_marts(w, RULES, spark=session)
    assert (caught.value.code, caught.value.fields["found"]) == ("E_STAGE_LOST", ["lost 0", "lost 1", "lost 2"])


def test_a_task_that_breaks_is_told_in_one_sentence_and_publishes_nothing(
        sample: Path, session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(portion: object, batches: object, **rest: object) -> None:
        raise ValueError("no such machine")

    monkeypatch.setattr(engine.part, "fold", broken)
    before = Store.open(sample).current()
    with pytest.raises(MvpodError) as caught:
        rebuild(sample, engine=partial(engine.rebuild_marts, spark=session))
    assert caught.value.code == "E_SPARK_FAILED"
    assert "no such machine" in caught.value.fields["found"]
    assert Store.open(sample).current() == before


def test_spark_alone_counts_in_the_snapshots_what_the_spells_say(sample: Path, session: Any) -> None:
    from tests.oracles import spark_snapshots as oracle

    store = Store.open(sample)
    folder = str(sample / "opportunity")
    counted = oracle.standing(session, folder)
    assert len(counted) > 500
    assert sum(n for n, _ in counted.values()) == store.rows("opportunity")
    assert oracle.standing_by_spells(session, folder, store.files("snapshot_spell")) == counted


def test_spark_alone_counts_the_visits_of_opportunities_that_only_snapshots_tell_of(
        tmp_path: Path, session: Any) -> None:
    from tests.oracles import spark_snapshots as oracle

    w = Folder(tmp_path)
    w.put("opportunity", [{"opportunity_id": f"o{n}", "snapshot_date": date(2026, 1, 5) + timedelta(weeks=week),
                           "pipeline": "ka", "stage": "ABCA"[(n * week) // 7 % 4], "status": "open"}
                          for n in range(30) for week in range(n % 5, 12)])
    engine.rebuild_marts(w, TWO, spark=session)
    counted = oracle.arrivals(session, str(tmp_path / "opportunity"))
    assert min(counted.values()) > 10
    assert oracle.visits(session, w.files("stage_visit")) == counted


def test_nothing_listens_but_on_this_machine(session: Any) -> None:
    from pyspark import SparkContext

    java = SparkContext._gateway.proc.pid
    mine = {os.readlink(f) for f in Path(f"/proc/{java}/fd").iterdir() if f.is_symlink() and os.path.lexists(f)}
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and f"socket:[{words[9]}]" in mine:  # 0A: it listens
                found.append(words[1].split(":")[0])
    assert found
    assert set(found) <= {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}


def test_the_command_rebuilds_quietly_and_leaves_no_file_behind(sample: Path, tmp_path: Path) -> None:
    before = Store.open(sample).current()
    done = subprocess.run([sys.executable, "-m", "cli", "rebuild", "--engine", "spark", "--store", str(sample)],
                          env={**os.environ, "TMPDIR": str(tmp_path)}, cwd=ROOT, capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stderr) == (0, "")
    load = Store.open(sample).current()
    assert (load.kind, load.load_id) == ("rebuild", before.load_id + 1)
    assert f"{load.load_id}" in done.stdout
    assert list(tmp_path.iterdir()) == []
