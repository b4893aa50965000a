"""The stores that are measured: made, copied without copying, and one week more of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import around
from benchmarks.browser import ROOT
from benchmarks.company import WEEKS, make_company, snapshot, snapshots
from data.demo import create
from data.intake.importing import SAMPLE, import_paths
from data.marts.history import rebuild_marts
from data.settings import parse_settings, read_settings
from data.storage.store import Store

_PROFILE = "profile.toml"
#: Columns that the import derives by itself.
_DERIVED = ["amount_base", "segment", "ownership", "industry", "region", "team", "extra", "snapshot_date"]


def generate(path: Path, n: int, weeks: int = WEEKS, every: int = 7, events: bool = False) -> None:
    """A store of `n` opportunities over `weeks` weeks, seen every so many days, and what is known beside them.

    Without marts. With `events` each move is told as an event too: history is the same however rare the snapshots are.
    """
    settings = read_settings(ROOT / "mvpod.toml")
    company = make_company(n, settings, weeks=weeks, every=every)
    with Store.open(path, create=True).writing() as writer:
        last = None
        for last, table in snapshots(company, settings):
            writer.replace_dates("opportunity", table, [last])
        for day in range(0, 7 * weeks, 7):
            on = company.first_day + timedelta(days=day)
            writer.replace_dates("opportunity_contact", around.chains(company, day), [on])
        for name, table in around.state_tables(company).items():
            writer.replace_dates(name, table, [company.first_day])
        for name, table in around.event_tables(company):
            writer.overwrite(name, table)
        if events:
            writer.overwrite("stage_change", around.stage_changes(company, settings))
        writer.publish(kind="import", as_of=last, sources=[], profile="benchmark", counts={},
                       settings_text=settings.text)


def sample_company(path: Path) -> None:
    """What the first start does."""
    create(path)


def rebuild(path: Path) -> None:
    """What `mvpod rebuild` does."""
    store = Store.open(path)
    load = store.current()
    assert load is not None
    with store.writing() as writer:
        rebuild_marts(writer, parse_settings(load.settings_text))
        writer.publish(kind="rebuild", as_of=load.as_of, sources=[], profile=load.profile, counts={},
                       settings_text=load.settings_text)


def import_week(path: Path, file: Path, as_of: date) -> None:
    """What `mvpod import` does with it, under the profile that lies beside it."""
    import_paths([file], path, profile=file.with_name(_PROFILE), as_of=as_of)


@contextmanager
def linked_copy(path: Path) -> Iterator[Path]:
    """The store again, to be written to and thrown away: hard links, because a file of a store never changes."""
    copy = path.with_name(f"{path.name}-copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(path, copy, copy_function=os.link)
    try:
        yield copy
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def next_week(path: Path, n: int, weeks: int = WEEKS, every: int = 7) -> tuple[Path, date]:
    """The export of the week after the last snapshot of a generated store: a Parquet file in canonical columns."""
    settings = read_settings(ROOT / "mvpod.toml")
    company = make_company(n, settings, weeks=weeks, every=every)
    day = int(company.days[-1]) + 7
    return (_export(path, snapshot(company, settings, day).drop_columns(_DERIVED)),
            company.first_day + timedelta(days=day))


def last_week(path: Path, company: str = SAMPLE) -> tuple[Path, date]:
    """The last snapshot of a store as an export, and the store without it: for a company that knows no next week."""
    store = Store.open(path)
    before = store.current()
    assert before is not None
    *_, day = store.dates("opportunity")
    files = [part.path for part in store.parts("opportunity") if part.day == day]
    table = pq.ParquetDataset([path / "opportunity" / file for file in files], partitioning=None).read()
    known = [name for name in _DERIVED if name in table.column_names]
    file = _export(path, table.drop_columns(known), company)
    with store.writing() as writer:
        writer.replace_dates("opportunity", table.slice(0, 0), [day])
        writer.publish(kind="import", as_of=store.dates("opportunity")[-2], sources=[], profile=before.profile,
                       counts={}, settings_text=before.settings_text)
    rebuild(path)
    return file, day


def _export(path: Path, table: pa.Table, company: str = "benchmark") -> Path:
    """The table as a file, and the built-in canonical profile under the company's name: companies are not mixed."""
    file = path.parent / f"{path.name}-week" / "opportunity.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, file)
    profile = (ROOT / "data" / "profiles" / "canonical.toml").read_text(encoding="utf-8")
    file.with_name(_PROFILE).write_text(profile.replace('name = "canonical"', f'name = "{company}"'), encoding="utf-8")
    return file
