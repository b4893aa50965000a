"""The bar of an import: it runs from nothing to all, never back, and rows that are stored are not kept in memory."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest

from data.intake.checking import Checked
from data.intake.importing import import_paths
from data.storage.store import Store

ROWS = "opportunity_id,pipeline,stage,amount,created_on\no1,ka,proposal,100,2026-01-05\n"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "opportunity.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def bar(*args: object, **options: object) -> list[float]:
    """Where the bar stood, step by step."""
    shares: list[float] = []
    import_paths(*args, progress=lambda step, share: shares.append(share), **options)  # type: ignore[arg-type]
    return shares


def test_the_bar_goes_from_nothing_to_all_and_never_back_whatever_an_import_does(export: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    first = bar([export], store, profile="canonical", as_of=date(2026, 1, 31))
    config = tmp_path / "mvpod.toml"
    config.write_text(Store.open(store).load(1).settings_text.replace("USD = 7.1", "USD = 8"), encoding="utf-8")
    export.write_text(ROWS.replace("100", "200"), encoding="utf-8")
    second = bar([export], store, profile="canonical", as_of=date(2026, 2, 28), config=config)
    assert [load.kind for load in Store.open(store).loads()] == ["import", "settings", "import"]
    for shares in (first, second):
        assert shares == sorted(shares)
        assert (shares[0], shares[-1]) == (0.0, 1.0)
        assert max(b - a for a, b in pairwise(shares)) < 0.5


def test_rows_that_are_stored_are_forgotten_and_their_dates_are_not() -> None:
    day = date(2026, 1, 31)
    checked = Checked("canonical", day, {"opportunity": pa.table({"snapshot_date": pa.array([day], pa.date32())})})
    checked.release()
    assert checked.tables == {}
    assert checked.dates() == [day]
