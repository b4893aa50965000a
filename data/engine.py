"""DuckDB, locked down, over one published load: the marts in memory, the canonical tables as views.

A `Company` is what all questions are asked of. It is opened once per load and shared; every query takes a fresh
cursor of its own, because one DuckDB connection refuses to be used by two threads at once. The marts come into memory
when they are first asked for (data/filling.py).
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.extensions import ExtensionArray

from data.calendar import workday_numbers
from data.contracts import MARTS, TABLES, Table
from data.errors import MvpodError
from data.filling import LAID, quoted, shelf_of
from data.settings import Settings, parse_settings
from data.shelf import Cursor, Remember, Shelf, Steps

if TYPE_CHECKING:
    from data.storage.store import Load

#: What is read from its files with each question.
_VIEWS = {**TABLES, **{name: MARTS[name] for name in ("opportunity_change", "snapshot_spell")}}
#: The working-day calendar reaches this far beyond the known days.
_CALENDAR_MARGIN = timedelta(days=1100)


@dataclass(frozen=True)
class Means:
    """What one piece of work may take of the machine."""

    memory: str = "5GB"
    threads: int = 2


USUAL = Means()


def connect(allowed: Iterable[Path | str] = (), *, memory: str = "4GB", threads: int = 2,
            joins_as_written: bool = False) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB that reads files below `allowed` only, installs nothing and cannot be reconfigured.

    Writing below an allowed directory is not blocked by DuckDB; no query of this project writes. With
    `joins_as_written` the right side of a join is the one kept in memory: of many Parquet files DuckDB guesses the
    number of rows, and keeps the large side where it guesses wrong.
    """
    con = duckdb.connect(config={
        "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
    })
    spill = Path(tempfile.gettempdir()) / f"mvpod-{uuid4().hex}"  # made by DuckDB only when it is needed
    folders = ", ".join(quoted(str(Path(folder).resolve()) + "/") for folder in allowed)
    for statement in (
        f"SET threads={int(threads)}", f"SET memory_limit={quoted(memory)}", "SET TimeZone='UTC'",
        "SET python_enable_replacements=false", f"SET temp_directory={quoted(str(spill))}",
        "SET enable_progress_bar=false", "SET preserve_insertion_order=false",
        f"SET disabled_optimizers={quoted('build_side_probe_side' if joins_as_written else '')}",
        f"SET allowed_directories=[{folders}]", "SET enable_external_access=false", "SET lock_configuration=true",
    ):
        con.execute(statement)
    return con


def parquet(files: Sequence[str], table: Table) -> str:
    """The SQL source that reads `files` of a stored table; an empty table of the right types for no file."""
    if not files:
        columns = ", ".join(f"NULL::{duckdb_type(f.type)} AS {f.name}" for f in table.schema())
        return f"(SELECT {columns} WHERE false)"
    listed = ", ".join(quoted(f) for f in files)
    if table.kind == "state" and "snapshot_date=" in files[0]:  # else the date is a column of the file
        return f"read_parquet([{listed}], hive_partitioning=true, hive_types={{'snapshot_date': DATE}})"
    return f"read_parquet([{listed}], hive_partitioning=false)"


def duckdb_type(kind: pa.DataType) -> str:
    """The DuckDB name of an Arrow type of the contracts."""
    if pa.types.is_list(kind):
        return 'STRUCT("start" DATE, "end" DATE)[]'
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    if pa.types.is_timestamp(kind):
        return "TIMESTAMPTZ" if kind.tz else "TIMESTAMP"
    return {pa.string(): "VARCHAR", pa.date32(): "DATE", pa.float64(): "DOUBLE", pa.int64(): "BIGINT",
            pa.bool_(): "BOOLEAN"}[kind]


@dataclass(frozen=True)
class Company:
    """One published load, ready to be asked.

    `dates` are the snapshot dates of opportunities; `first_day` and `last_day` bound the as-of dates that make
    sense: from the first thing known to the latest snapshot (or the latest event, where there is no snapshot).
    Tables: the marts, `closing_foresight` (data/marts/foresight.py), `workday(day, number)`, `snapshot_day(day)` (those
    of opportunities) and every canonical table under its own name. `remember`: who knows the answers to queries of
    before (analytics/remembering.py).
    """

    path: Path | None
    load: Load | None
    settings: Settings
    dates: tuple[date, ...]
    first_day: date
    last_day: date
    connection: duckdb.DuckDBPyConnection = field(repr=False, compare=False)
    shelf: Shelf = field(repr=False, compare=False)
    remember: Remember | None = field(default=None, repr=False, compare=False)
    steps: Steps = field(repr=False, compare=False, default_factory=Steps)

    @property
    def load_id(self) -> int:
        """Id of the load that answers; 0 for tables in memory."""
        return self.load.load_id if self.load else 0

    def cursor(self) -> Cursor:
        """A cursor for one query (or several after one another in one thread)."""
        return Cursor(self.connection.cursor(), self.shelf, self.steps, self.remember)

    def close(self) -> None:
        """Frees the memory."""
        self.connection.close()


def open_company(store_path: Path | str, load_id: int | None = None) -> Company:
    """The company as published by `load_id` (default: the latest load). Errors are those of `data.storage.store`."""
    from data.storage.store import Store

    store = Store.open(store_path)
    load = store.load(load_id) if load_id is not None else store.current()
    if load is None:
        raise MvpodError("E_NO_LOAD", store=store.name)
    files = {name: store.files(name, load) if name in load.versions else [] for name in (*LAID, *_VIEWS)}
    con = connect([store.path], memory="5GB")  # 1.3 million opportunities take 4.3 GB
    marts = {name: parquet(files[name], MARTS[name]) for name in LAID}
    views = {name: parquet(files[name], table) for name, table in _VIEWS.items()}
    dates = tuple(sorted({day for f in files["opportunity"] if (day := _partition_date(f))}))
    settings = parse_settings(load.settings_text)
    first, last, shelf = _fill(con, marts, views, settings, dates, load.as_of)
    return Company(store.path, load, settings, dates, first, last, con, shelf)


def company_of(tables: Mapping[str, pa.Table], settings: Settings, dates: Sequence[date] | None = None) -> Company:
    """The same from Arrow tables in memory (any of the canonical tables and marts; absent ones are empty)."""
    con = connect()
    sources = {}
    for name, table in tables.items():
        schema = (TABLES | MARTS)[name].schema()
        con.register(f"arrow_{name}", _conform(table, schema))
        sources[name] = f"arrow_{name}"
    marts = {name: sources.get(name) or parquet([], MARTS[name]) for name in LAID}
    views = {}
    for name, table in _VIEWS.items():
        con.execute(f"CREATE TABLE canonical_{name} AS SELECT * FROM {sources.get(name) or parquet([], table)}")
        views[name] = f"canonical_{name}"
    if dates is None:
        dates = [row[0] for row in con.execute(
            "SELECT DISTINCT snapshot_date FROM canonical_opportunity ORDER BY 1").fetchall()]
    first, last, shelf = _fill(con, marts, views, settings, tuple(dates), None)
    shelf.provide_all()
    for name in tables:
        con.unregister(f"arrow_{name}")
    return Company(None, None, settings, tuple(dates), first, last, con, shelf)


def _conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """`table` with exactly the columns of `schema`: absent ones NULL, others cast."""
    columns = [
        table.column(f.name).cast(f.type) if f.name in table.column_names else pa.nulls(table.num_rows, f.type)
        for f in schema
    ]
    return pa.table(columns, schema=schema)


def _partition_date(file: str) -> date | None:
    for part in Path(file).parts:
        if part.startswith("snapshot_date="):
            return date.fromisoformat(part.removeprefix("snapshot_date=")[:10])
    return None


def _fill(con: duckdb.DuckDBPyConnection, marts: Mapping[str, str], views: Mapping[str, str], settings: Settings,
          dates: tuple[date, ...], as_of: date | None) -> tuple[date, date, Shelf]:
    """What a company needs at once; gives its first and last day, and the tables that are made later."""
    for name, source in views.items():
        con.execute(f"CREATE VIEW {name} AS SELECT * FROM {source}")
    first, last = _known_days(con, marts, dates, as_of)
    numbers = workday_numbers(first - _CALENDAR_MARGIN, last + _CALENDAR_MARGIN, settings.calendar)
    con.execute("CREATE TABLE snapshot_day AS SELECT unnest($days::DATE[]) AS day", {"days": list(dates)})
    con.register("arrow_workday", numbers)
    con.execute("CREATE TABLE workday AS SELECT * FROM arrow_workday")
    con.unregister("arrow_workday")
    return first, last, shelf_of(con, marts, settings, max(dates, default=None))


def _known_days(con: duckdb.DuckDBPyConnection, marts: Mapping[str, str], dates: tuple[date, ...],
                as_of: date | None) -> tuple[date, date]:
    visits, states = marts["stage_visit"], marts["opportunity_state"]
    low, high = con.execute(f"""
        SELECT least((SELECT min(entered_on) FROM {visits}), (SELECT min(valid_from) FROM {states})),
               (SELECT max(entered_on) FROM {visits})""").fetchall()[0]
    last = dates[-1] if dates else as_of or high or low or date(2000, 1, 1)
    return min(low or last, last), last


#: Tables that reach pandas have few rows: text as Python's own objects takes a fifth less time than as Arrow arrays.
pd.set_option("mode.string_storage", "python")
#: What stands for NULL among numbers and days, by the kind of an array; among all others pandas' own NA.
_NULLS = {"f": np.nan, "M": np.datetime64("NaT"), "m": np.timedelta64("NaT")}


def frame(cursor: Cursor | duckdb.DuckDBPyConnection, sql: str,
          params: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """The answer of a query with dtypes that do not depend on its rows.

    Text and ENUM -> str, DECIMAL and DOUBLE -> float64, DATE -> datetime64[us], instants -> datetime64[us, UTC],
    integers -> int64 (float64 with NaN where some are NULL), BOOLEAN -> bool (`boolean` where some are NULL).
    DuckDB alone gives `object` for text columns that are empty or all NULL, and sums of integers as float64.
    A query says by its parameters what it depends on: where answers are remembered, a stock is not counted again for
    another period.
    """
    given, remember = dict(params or {}), getattr(cursor, "remember", None)
    if remember is None:
        return _frame(cursor, sql, given)
    found: pd.DataFrame = remember((sql, pickle.dumps(given)), lambda: _frame(cursor, sql, given))
    return found


def _frame(cursor: Cursor | duckdb.DuckDBPyConnection, sql: str, params: dict[str, Any]) -> pd.DataFrame:
    answer = cursor.execute(sql, params)
    kinds = [str(kind) for _, kind, *_ in answer.description]
    # as plain arrays: DuckDB's own frames take twice the time, most of all where there are few rows
    columns = answer.fetchnumpy().items()
    return pd.DataFrame({name: _column(found, kind) for (name, found), kind in zip(columns, kinds, strict=True)})


def _column(found: np.ndarray, kind: str) -> ExtensionArray | np.ndarray:
    """One column of an answer (masked where it has NULLs) as pandas has it."""
    values, gaps = np.ma.getdata(found), np.ma.getmaskarray(found)
    has_null = bool(gaps.any())
    target = _dtype(kind, has_null)
    if target == "boolean":
        return pd.arrays.BooleanArray(values, gaps)
    if target == "float64":
        values = values.astype(float)
    if has_null:
        values[gaps] = _NULLS.get(values.dtype.kind, pd.NA)
    if kind == "TIMESTAMP WITH TIME ZONE":  # they arrive in UTC
        return pd.DatetimeIndex(values).tz_localize("UTC").array
    return pd.array(values, dtype="str") if target == "str" else values.astype(target or values.dtype)


def _dtype(kind: str, has_null: bool) -> str | None:
    if kind == "VARCHAR" or kind.startswith("ENUM"):
        return "str"
    if kind in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT"):
        return "float64" if has_null else "int64"
    if kind == "BOOLEAN":
        return "boolean" if has_null else "bool"
    if kind == "DATE":
        return "datetime64[us]"
    return "float64" if kind.startswith(("DECIMAL", "DOUBLE", "FLOAT")) else None
