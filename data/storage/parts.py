"""Arrow data into the Parquet files of a table: columns as the contract says, one set of files per date.

A file gets a name that no other file ever had, is written, and is not touched again; names sort in the order
in which rows came, so that event tables keep file order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.contracts import MARTS, TABLES, Table, spelled_as
from data.errors import MvpodError, nearest
from data.storage.delta import PARTITION, Part

#: What can be handed over: a table, or a stream of batches for what does not fit in memory.
Rows: TypeAlias = pa.Table | pa.RecordBatchReader

ROWS_PER_GROUP = 122_880
ROWS_PER_FILE = 4 * ROWS_PER_GROUP

#: Rejected rows, one line per row and broken rule; the load id is added on writing.
QUARANTINE = pa.schema([
    ("load_id", pa.int64()), ("table", pa.string()), ("file", pa.string()), ("row", pa.int64()),
    ("column", pa.string()), ("rule", pa.string()), ("value", pa.string()),
])


def contract(name: str) -> Table:
    """The contract of a table; MvpodError E_STORE_TABLE with the nearest name for an unknown one."""
    known = TABLES | MARTS
    if name not in known:
        raise MvpodError("E_STORE_TABLE", found=name, hint=nearest(name, list(known)))
    return known[name]


def schema_of(name: str) -> pa.Schema:
    """The stored columns of a table."""
    return QUARANTINE if name == "quarantine" else contract(name).schema()


def partition_of(name: str) -> str | None:
    """The column by which a table's files are divided, None for one without."""
    return PARTITION if name != "quarantine" and contract(name).kind == "state" else None


def conform(name: str, rows: pa.Table) -> pa.Table:
    """`rows` in the columns, order and types of the contract; what is not there is NULL. Text by number of its
    word stays so: in a Parquet file it is the same.

    MvpodError E_STORE_SCHEMA for a column that the contract does not know, a value that does not fit the type,
    or NULL in a required column: the import refuses these with row and file, here they would be a defect.
    """
    schema = schema_of(name)
    unknown = [c for c in rows.column_names if c not in schema.names]
    if unknown:
        raise MvpodError("E_STORE_SCHEMA", table=name, column=unknown[0], found="?", expected=schema.names)
    columns, fields = [], []
    for declared in schema:
        field = declared
        if field.name in rows.column_names:
            column = rows.column(field.name)
            field = spelled_as(column.type, declared)
            columns.append(_cast(name, column, field))
        else:
            columns.append(pa.chunked_array([pa.nulls(len(rows), field.type)]))
        fields.append(field)
    table = pa.table(columns, schema=pa.schema(fields))
    _refuse_nulls(name, table)
    return table


def _cast(name: str, column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    if column.type == field.type:
        return column
    try:
        if pa.types.is_integer(column.type) and pa.types.is_decimal(field.type):
            column = column.cast(pa.decimal128(38, field.type.scale))  # Arrow does not look whether small ones fit
        return column.cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise MvpodError("E_STORE_SCHEMA", table=name, column=field.name, found=str(column.type),
                         expected=str(field.type)) from error


def _refuse_nulls(name: str, table: pa.Table) -> None:
    if name == "quarantine":
        return
    needed = [c.name for c in contract(name).columns if c.required] + [PARTITION] * (PARTITION in table.column_names)
    for column in needed:
        if table.column(column).null_count:
            raise MvpodError("E_STORE_SCHEMA", table=name, column=column, found="NULL", expected="NOT NULL")


def write_parts(folder: Path, name: str, rows: Rows, prefix: str) -> list[Part]:
    """Writes `rows` of table `name` below `folder` and returns the files; nothing refers to them yet.

    `prefix` starts every file name and decides the order in which the files are read.
    """
    if partition_of(name):
        return _by_date(folder, name, _tables(name, rows), prefix)
    return _in_order(folder, name, _tables(name, rows), prefix)


def _tables(name: str, rows: Rows) -> Iterator[pa.Table]:
    """The rows in the contract's columns, in pieces of bounded size."""
    if isinstance(rows, pa.Table):
        yield conform(name, rows)
        return
    kept: list[pa.RecordBatch] = []
    for batch in rows:
        kept.append(batch)
        if sum(map(len, kept)) >= ROWS_PER_GROUP:
            yield conform(name, pa.Table.from_batches(kept))
            kept = []
    if kept:
        yield conform(name, pa.Table.from_batches(kept))


class _Files:
    """Files written side by side, two at a time: a fast reader must not fill the memory."""

    def __init__(self, pool: ThreadPoolExecutor, folder: Path, prefix: str) -> None:
        self.pool, self.folder, self.prefix = pool, folder, prefix
        self.started: list[Future[Part]] = []

    def write(self, pieces: list[pa.Table], day: date | None = None) -> None:
        """One file from these pieces, under the next number."""
        table = pa.concat_tables(pieces)
        name = f"{self.prefix}-{len(self.started):05d}"
        self.started.append(self.pool.submit(_write, self.folder, table, name, day))
        if len(self.started) > 4:
            self.started[-5].result()

    def parts(self) -> list[Part]:
        """All files, when they are written."""
        return [part.result() for part in self.started]


def _in_order(folder: Path, name: str, tables: Iterable[pa.Table], prefix: str) -> list[Part]:
    """Files one after another, cut at `ROWS_PER_FILE`; at least one, so that an empty table is a table."""
    waiting: list[pa.Table] = []
    with ThreadPoolExecutor(2) as pool:
        files = _Files(pool, folder, prefix)
        for piece in _cut(tables):
            waiting.append(piece)
            if sum(map(len, waiting)) >= ROWS_PER_FILE:
                files.write(waiting)
                waiting = []
        if waiting or not files.started:
            files.write(waiting or [schema_of(name).empty_table()])
        return files.parts()


def _by_date(folder: Path, name: str, tables: Iterable[pa.Table], prefix: str) -> list[Part]:
    """Files per date; pieces of one date are collected until they fill a file or the memory set aside for them."""
    waiting: dict[date, list[pa.Table]] = {}
    held = 0
    with ThreadPoolExecutor(2) as pool:
        files = _Files(pool, folder, prefix)
        for table in tables:
            for day, rows in _split(table):
                for piece in _cut([rows.drop_columns([PARTITION])]):
                    waiting.setdefault(day, []).append(piece)
                    held += len(piece)
                    while held > 4 * ROWS_PER_FILE or sum(map(len, waiting.get(day, []))) >= ROWS_PER_FILE:
                        full = day if sum(map(len, waiting.get(day, []))) >= ROWS_PER_FILE else next(iter(waiting))
                        held -= sum(map(len, waiting[full]))
                        files.write(waiting.pop(full), full)
        for day in sorted(waiting):
            files.write(waiting[day], day)
        return files.parts()


def _cut(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    for table in tables:
        for start in range(0, len(table), ROWS_PER_FILE):
            yield table.slice(start, ROWS_PER_FILE)


def _split(table: pa.Table) -> Iterator[tuple[date, pa.Table]]:
    """The rows of each date, in the order in which they came."""
    if not len(table):
        return
    days = table.column(PARTITION)
    if pc.min_max(days)["min"].equals(pc.min_max(days)["max"]):
        yield days[0].as_py(), table
        return
    numbers = days.combine_chunks().cast(pa.int32())
    is_sorted = pc.all(pc.less_equal(numbers[:-1], numbers[1:])).as_py()  # most tables come in order: spare the copy
    ordered = table if is_sorted else table.take(pc.sort_indices(days))  # a stable sort
    runs = pc.run_end_encode(ordered.column(PARTITION).combine_chunks().cast(pa.int32()))
    start = 0
    for end in runs.run_ends.to_pylist():
        yield ordered.column(PARTITION)[start].as_py(), ordered.slice(start, end - start)
        start = end


def _write(folder: Path, table: pa.Table, prefix: str, day: date | None) -> Part:
    name = f"{prefix}-{uuid4().hex[:12]}.parquet"
    inside = f"{PARTITION}={day.isoformat()}/{name}" if day else name
    path = folder / inside
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd", row_group_size=ROWS_PER_GROUP, write_page_checksum=True,
                   store_schema=False)
    rows = pq.read_metadata(path).num_rows
    if rows != len(table):
        raise MvpodError("E_STORE_DAMAGED", file=inside, found=f"{rows} rows written of {len(table)}")
    return Part(inside, path.stat().st_size, rows, day)


def write_rows(folder: Path, table: pa.Table, prefix: str) -> Part:
    """One file from a table that is not under contract (the list of loads)."""
    return _write(folder, table, prefix, None)
