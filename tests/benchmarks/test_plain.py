"""The yardsticks answer the same question: plain SQL, polars and pandas give one answer of weekly snapshots."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import plain, plain_pandas, plain_polars, stores
from benchmarks.company import LAST_DAY
from data.storage.store import Store


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """300 opportunities over 30 weeks, without marts: nobody here reads any."""
    path: Path = tmp_path_factory.mktemp("plain") / "store"
    stores.generate(path, 300, weeks=30)
    return Store.open(path).files("opportunity")


def _sorted(answer: pd.DataFrame) -> pd.DataFrame:
    rows = answer.copy()
    for name in rows.columns:
        if name == "quarter":
            rows[name] = pd.to_datetime(rows[name]).astype("datetime64[us]")
        elif name in ("n", "reached", "days", "rate", "amount"):
            rows[name] = rows[name].astype(float)
        else:
            rows[name] = rows[name].astype(object).where(rows[name].notna(), "").astype(str)
    return rows.sort_values(list(rows.columns)).reset_index(drop=True)


@pytest.mark.parametrize("question", list(plain.SQL))
@pytest.mark.parametrize("start", [LAST_DAY - timedelta(days=100), LAST_DAY - timedelta(days=400)])
def test_sql_polars_and_pandas_say_the_same(files: list[str], question: str, start: date) -> None:
    expected = _sorted(plain.asker(files, LAST_DAY, start)(question))
    assert len(expected) > 2
    for module in (plain_polars, plain_pandas):
        answer = _sorted(module.asker(files, LAST_DAY, start)(question))
        pd.testing.assert_frame_equal(answer[list(expected.columns)], expected, check_dtype=False)


def test_the_streaming_engine_says_the_same(files: list[str]) -> None:
    start = LAST_DAY - timedelta(days=200)
    few, many = (plain_polars.asker(files, LAST_DAY, start, rows) for rows in (0, plain_polars.STREAMING_ROWS))
    for question in plain.SQL:
        pd.testing.assert_frame_equal(_sorted(many(question)), _sorted(few(question)))


def test_open_pipeline_counts_what_the_last_snapshot_shows_open(files: list[str]) -> None:
    last = pd.read_parquet(next(file for file in files if f"snapshot_date={LAST_DAY}" in file), partitioning=None)
    answer = plain.asker(files, LAST_DAY, LAST_DAY)("open pipeline by stage")
    assert answer["n"].sum() == (last["status"] == "open").sum() > 0
