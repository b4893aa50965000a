"""The same export in another encoding, with another delimiter or as another kind of file makes the very same store."""

from __future__ import annotations

import csv
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.contracts import MARTS, TABLES
from data.demo import demo_settings
from data.intake.importing import import_paths
from data.storage.store import Store
from tests.exports import salesforce
from tests.exports.company import END, put

#: What these columns hold, where a file can say so.
TYPES: dict[str, Any] = {"Amount": Decimal, "Probability": int, "AnnualRevenue": float, "NumberOfEmployees": float,
                         "CloseDate": date.fromisoformat, "LastActivityDate": date.fromisoformat,
                         "CreatedDate": datetime.fromisoformat, "LastStageChangeDate": datetime.fromisoformat}


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    """Forty opportunities of the sample company with their history and accounts, as Salesforce exports them."""
    folder = tmp_path_factory.mktemp("export")
    salesforce.write(folder)
    tables = {p.stem: list(csv.DictReader(StringIO(p.read_text(encoding="utf-8"), newline="")))
              for p in sorted(folder.glob("*.csv"))}
    tables["Opportunity"] = tables["Opportunity"][-40:]
    kept = {row["Id"][:15] for row in tables["Opportunity"]}
    tables["OpportunityHistory"] = [r for r in tables["OpportunityHistory"] if r["OpportunityId"] in kept]
    return tables


def typed(name: str, value: str) -> Any:
    """A cell as its kind; times stay texts, because a workbook has no zones."""
    return None if value == "" else TYPES[name](value) if name in TYPES else value


def as_workbook(path: Path, rows: list[dict[str, str]]) -> None:
    book = openpyxl.Workbook()
    book.active.append(list(rows[0]))
    for row in rows:
        book.active.append([v or None if TYPES.get(n) == datetime.fromisoformat else typed(n, v)
                            for n, v in row.items()])
    book.save(path)


def as_parquet(path: Path, rows: list[dict[str, str]]) -> None:
    pq.write_table(pa.table({n: pa.array([typed(n, row[n]) for row in rows]) for n in rows[0]}), path)


FORMS: dict[str, Any] = {
    "UTF-8": lambda f, n, rows: put(f, f"{n}.csv", rows),
    "UTF-8 with a mark": lambda f, n, rows: put(f, f"{n}.csv", rows, encoding="utf-8-sig"),
    "GB18030": lambda f, n, rows: put(f, f"{n}.csv", rows, encoding="gb18030"),
    "UTF-16": lambda f, n, rows: put(f, f"{n}.csv", rows, encoding="utf-16"),
    "semicolons": lambda f, n, rows: put(f, f"{n}.csv", rows, delimiter=";"),
    "a workbook": lambda f, n, rows: as_workbook(f / f"{n}.xlsx", rows),
    "Parquet": lambda f, n, rows: as_parquet(f / f"{n}.parquet", rows),
}


def checksums(store: Path) -> dict[str, str]:
    """Per table of a store the sha256 of its rows, in the order of their text."""
    opened = Store.open(store)
    tables = {name: opened.table(name) for name in (*TABLES, *MARTS) if opened.files(name)}
    return {name: sha256("\n".join(sorted(map(repr, t.to_pylist()))).encode()).hexdigest()
            for name, t in tables.items()}


def test_the_same_export_in_seven_forms_makes_one_store(
        export: dict[str, list[dict[str, str]]], tmp_path: Path) -> None:
    config = tmp_path / "mvpod.toml"
    config.write_text(demo_settings().text, encoding="utf-8")
    found = {}
    for form, write in FORMS.items():
        folder = tmp_path / form
        folder.mkdir()
        for name, rows in export.items():
            write(folder, name, rows)
        import_paths([folder], folder / "store", as_of=END, config=config, profile="salesforce")
        found[form] = checksums(folder / "store")
    assert {"opportunity", "stage_change", "account", "stage_visit", "opportunity_state"} <= set(found["UTF-8"])
    for form, sums in found.items():
        assert sums == found["UTF-8"], form
