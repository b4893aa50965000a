"""One more load, told incrementally, gives the very weekly marts that a rebuild gives."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.contracts import MARTS, TABLES
from data.intake.importing import import_tables
from data.marts import weekly, weekly_update
from data.marts.history import rebuild_marts, update_marts
from data.settings import parse_settings
from data.storage.store import Store
from tests.data.test_weekly_marts import MONDAY, RULES, company, deals

KA = {"pipeline": "ka", "stage": "A", "status": "open"}


class Folder:
    """The part of the store's writer that the marts need, over plain Parquet files that are never overwritten."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now: dict[str, list[str]] = {}
        self.published: dict[str, list[str]] = {}

    def files(self, table: str) -> list[str]:
        return self.now.get(table, [])

    def published_files(self, table: str) -> list[str]:
        return self.published.get(table, [])

    def overwrite(self, table: str, data: pa.Table | pa.RecordBatchReader) -> None:
        self.now[table] = [self._write(self.path / table, data if isinstance(data, pa.Table) else data.read_all())]

    def replace_files(self, table: str, gone: Collection[str], data: pa.Table | pa.RecordBatchReader) -> None:
        rows = data if isinstance(data, pa.Table) else data.read_all()
        kept = [f for f in self.files(table) if f not in set(gone)]
        self.now[table] = [*kept, self._write(self.path / table, rows)]

    def put(self, table: str, rows: list[dict]) -> None:
        """State rows replace the dates that they have; event rows are all that there is."""
        schema = TABLES[table].schema()
        if TABLES[table].kind == "event":
            self.overwrite(table, pa.Table.from_pylist(rows, schema))
            return
        for day in sorted({r["snapshot_date"] for r in rows}):
            kept = [f for f in self.files(table) if f"snapshot_date={day}" not in f]
            mine = pa.Table.from_pylist([r for r in rows if r["snapshot_date"] == day], schema)
            path = self._write(self.path / table / f"snapshot_date={day}", mine.drop_columns(["snapshot_date"]))
            self.now[table] = [*kept, path]

    def publish(self) -> None:
        self.published = {table: list(files) for table, files in self.now.items()}

    @staticmethod
    def _write(folder: Path, rows: pa.Table) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{uuid4().hex}.parquet"
        pq.write_table(rows, file)
        return str(file)


def marts(w: Any) -> dict[str, list[dict]]:
    found = {
        name: [row for f in w.files(name) for row in pq.read_table(f).to_pylist()] for name in weekly.WEEKLY
    }
    return {name: sorted(rows, key=lambda r: [str(r[k]) for k in MARTS[name].key]) for name, rows in found.items()}


def check_same(w: Folder) -> dict[str, list[dict]]:
    """What was told step by step equals what a rebuild tells; the load is then published."""
    told = marts(w)
    rebuild_marts(w, RULES)
    anew = marts(w)
    for name in weekly.WEEKLY:
        assert told[name] == anew[name], name
    w.publish()
    return told


def story(seed: int) -> dict[str, list[dict]]:
    """Random deals and accounts over 13 weeks, with snapshots of the opportunities every week."""
    random = Random(seed)
    found = deals(seed, 8)
    tables = {**company(seed), "assessment": found["assessment"], "checklist": found["checklist"]}
    tables["opportunity"] = [
        {
            "opportunity_id": f"o{n:02d}",
            "snapshot_date": MONDAY + timedelta(days=2 + 7 * week),
            **KA,
            "status": "lost" if random.random() < 0.05 else "open",
            "owner_id": random.choice(["S1", "S1", "S1", "S2"]),
            "tender_mode": "single_source" if n % 3 == 0 else None,
            "created_on": MONDAY - timedelta(days=30),
        }
        for n in range(8)
        for week in range(13)
    ]
    tables["account"] = [
        {"account_id": f"a{n}", "owner_id": "S1", "segment": random.choice(["KA", "SMB"]), "snapshot_date": day}
        for n in range(6)
        for day in {c["snapshot_date"] for c in tables["contact"]}
    ]
    return tables


def until(rows: list[dict], column: str, day: date) -> list[dict]:
    """What had been recorded by a day."""
    return [r for r in rows if (r[column].date() if isinstance(r[column], datetime) else r[column]) <= day]


DATED = {"assessment": "week", "checklist": "assessed_on", "activity": "occurred_at"}


def load(w: Folder, tables: dict[str, list[dict]], day: date, since: date | None = None) -> list[date]:
    """Everything recorded by `day` (of state tables what is later than `since`); gives the new snapshot dates."""
    for name, rows in tables.items():
        known = until(rows, DATED.get(name, "snapshot_date"), day)
        if TABLES[name].kind == "state" and since:
            known = [r for r in known if r["snapshot_date"] > since]
        if known:
            w.put(name, known)
    return sorted(
        {
            r["snapshot_date"]
            for r in until(tables["opportunity"], "snapshot_date", day)
            if since is None or r["snapshot_date"] > since
        }
    )


@pytest.mark.parametrize("seed", [11, 12])
def test_week_after_week_gives_the_tables_of_a_rebuild(tmp_path: Path, seed: int) -> None:
    w, tables = Folder(tmp_path), story(seed)
    first = MONDAY + timedelta(days=44)
    load(w, tables, first)
    rebuild_marts(w, RULES)
    w.publish()
    before = first
    for days in (51, 53, 65, 90):
        day = MONDAY + timedelta(days=days)
        update_marts(w, RULES, new_dates=load(w, tables, day, before))
        told = check_same(w)
        before = day
    assert all(len(rows) > 10 for rows in told.values())


def loaded(tmp_path: Path, seed: int = 13) -> tuple[Folder, dict[str, list[dict]]]:
    """A folder with everything loaded and published."""
    w, tables = Folder(tmp_path), story(seed)
    load(w, tables, MONDAY + timedelta(days=200))
    rebuild_marts(w, RULES)
    w.publish()
    return w, tables


def test_late_assessments_answers_and_activities_change_old_weeks(tmp_path: Path) -> None:
    w, tables = loaded(tmp_path)
    before = marts(w)
    random = Random(1)
    w.put("assessment", [{**r, "need_fit": 33.0} if random.random() < 0.1 else r for r in tables["assessment"][20:]])
    w.put("checklist", tables["checklist"][5:])
    w.put(
        "activity",
        [
            *tables["activity"][3:],
            {
                "activity_id": "late",
                "occurred_at": datetime(2026, 1, 20, 5, tzinfo=UTC),
                "contact_id": "c00",
                "kind": "visit",
                "owner_id": "S9",
            },
        ],
    )
    update_marts(w, RULES, new_dates=[])
    after = check_same(w)
    assert all(after[name] != before[name] for name in after)


def test_an_older_beginning_of_the_records_changes_every_account(tmp_path: Path) -> None:
    w, tables = loaded(tmp_path)
    w.put(
        "activity",
        [
            *tables["activity"],
            {
                "activity_id": "first",
                "occurred_at": datetime(2025, 10, 1, tzinfo=UTC),
                "contact_id": "stranger",
                "kind": "visit",
            },
        ],
    )
    update_marts(w, RULES, new_dates=[])
    check_same(w)


def test_a_snapshot_of_contacts_put_between_others_changes_the_weeks_from_it_on(tmp_path: Path) -> None:
    w, tables = loaded(tmp_path)
    days = sorted({c["snapshot_date"] for c in tables["contact"]})
    between = days[1] + timedelta(days=1)
    w.put(
        "contact",
        [{**c, "snapshot_date": between, "status": 2} for c in tables["contact"] if c["snapshot_date"] == days[1]],
    )
    update_marts(w, RULES, new_dates=[])
    check_same(w)
    w.put("department", [{"account_id": "a2", "department": "New", "weight": 3.0, "snapshot_date": between}])
    w.put(
        "opportunity_contact",
        [{"opportunity_id": "o", "contact_id": "c30", "decision_role": "user", "snapshot_date": between}],
    )
    update_marts(w, RULES, new_dates=[])
    check_same(w)


def test_changed_snapshots_of_opportunities_reach_the_comparison(tmp_path: Path) -> None:
    w, tables = loaded(tmp_path)
    day = MONDAY + timedelta(days=2 + 7 * 6)
    w.put(
        "opportunity",
        [{**o, "owner_id": "S7", "tender_mode": None} for o in tables["opportunity"] if o["snapshot_date"] == day],
    )
    update_marts(w, RULES, new_dates=[day])
    check_same(w)


def test_a_quiet_load_works_out_only_the_weeks_since(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    w, tables = loaded(tmp_path)
    asked: list[tuple] = []
    make = weekly_update.make_account_week

    def spying(con, settings, last, name, **limits) -> None:
        make(con, settings, last, name, **limits)
        asked.append((name, con.execute(f"SELECT count(*), min(week) FROM {name}").fetchall()[0]))

    monkeypatch.setattr(weekly_update, "make_account_week", spying)
    day = MONDAY + timedelta(days=2 + 7 * 13)
    w.put(
        "opportunity",
        [{**o, "snapshot_date": day} for o in tables["opportunity"] if o["snapshot_date"] == day - timedelta(days=7)],
    )
    update_marts(w, RULES, new_dates=[day])
    monkeypatch.undo()
    assert asked == [("told", (12, MONDAY + timedelta(weeks=12))), ("told_again", (0, None))]
    check_same(w)


def test_without_assessments_and_contacts_the_marts_are_empty(tmp_path: Path) -> None:
    w = Folder(tmp_path)
    w.put("opportunity", [{"opportunity_id": "o", "snapshot_date": MONDAY, **KA}])
    rebuild_marts(w, RULES)
    assert marts(w) == {"opportunity_week": [], "account_week": []}


def test_buckets_do_not_change_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    w, _ = loaded(tmp_path)
    whole = marts(w)
    monkeypatch.setattr(weekly, "BUCKET_ASSESSMENTS", 100)
    monkeypatch.setattr(weekly, "BUCKET_CONTACT_WEEKS", 50)
    rebuild_marts(w, RULES)
    assert marts(w) == whole


IN_STORE = """
[organisation]
timezone = "Asia/Shanghai"
[[pipeline]]
key = "ka"
[[pipeline.stage]]
key = "A"
[[pipeline.stage]]
key = "lost"
kind = "lost"
"""


def test_the_weeks_of_an_account_do_not_depend_on_which_others_are_told_with_it(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    w = Folder(tmp_path)
    ends = {"friend": ("a0", 2), "stranger": ("a1", 0)}  # a good friend at a0 moves to a1, where nobody knows us yet
    w.put("contact", [{"contact_id": "mover", "account_id": account, "status": status, "importance": 5,
                       "snapshot_date": MONDAY + timedelta(days=60 * at)}
                      for at, (account, status) in enumerate(ends.values())])
    w.put("opportunity", [{"opportunity_id": "o", "snapshot_date": MONDAY + timedelta(days=90), **KA}])
    w.put("activity", [{"activity_id": "e", "contact_id": "mover", "kind": "visit",
                        "occurred_at": datetime(2025, 11, 1, tzinfo=UTC)}])
    rebuild_marts(w, RULES)
    whole = marts(w)["account_week"]
    assert {r["account_id"] for r in whole} == {"a0", "a1"}
    assert {r["status_drop"] for r in whole} == {None}  # nothing has cooled: it is another relationship
    monkeypatch.setattr(weekly, "BUCKET_CONTACT_WEEKS", 1)
    rebuild_marts(w, RULES)
    assert marts(w)["account_week"] == whole


def test_imports_into_a_real_store_give_the_tables_of_a_rebuild(tmp_path: Path) -> None:
    settings, tables, before = parse_settings(IN_STORE), story(14), None
    for day in (MONDAY + timedelta(days=44), MONDAY + timedelta(days=65), MONDAY + timedelta(days=90)):
        arrow = {}
        for name, rows in tables.items():
            known = unique(name, until(rows, DATED.get(name, "snapshot_date"), day))
            if TABLES[name].kind == "state" and before:
                known = [r for r in known if r["snapshot_date"] > before]
            if known:
                arrow[name] = pa.Table.from_pylist(known, TABLES[name].schema())
        import_tables(tmp_path / "s", arrow, settings=settings, sources=["test"], profile="test", as_of=day)
        before = day
    store = Store.open(tmp_path / "s")
    with store.writing() as w:
        told = marts(w)
        rebuild_marts(w, settings)
        assert marts(w) == told
    assert all(len(rows) > 10 for rows in told.values())


def unique(name: str, rows: list[dict]) -> list[dict]:
    """Rows with the last one of each key, as an import leaves them."""
    key = (*TABLES[name].key, *(["snapshot_date"] if TABLES[name].kind == "state" else []))
    return list({tuple(r.get(k) for k in key): r for r in rows}.values())
