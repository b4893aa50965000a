"""Putting rows in the place of others in a stored mart, so that only the files that hold such rows are written again.

A file is never changed; a load names new files in the place of old ones. Marts are therefore laid down in an order in
which what later loads touch lies together (docs/decisions/0040-only-the-files-that-changed.md): the stories of settled
opportunities first, those of live ones last; spells, weeks and closings by their date.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from data.contracts import ARROW, MARTS
from data.engine import duckdb_type, parquet, quoted

#: A smaller file is written again together with what comes, so that many small loads do not leave many small files.
SMALL_ROWS = 245_760


class Writer(Protocol):
    """What a patch needs of the store's writer (`data.storage.writer`)."""

    def files(self, table: str) -> list[str]:
        """Parquet files of a table at the working version."""

    def replace_files(self, table: str, gone: Collection[str], data: pa.Table | pa.RecordBatchReader) -> Any:
        """Puts `data` in the place of some of these files."""


def patch(con: duckdb.DuckDBPyConnection, w: Writer, mart: str, *, gone: str, told: str,
          order: Sequence[str] = ("",), among: Collection[str] | None = None) -> None:
    """In `mart`, takes out the rows whose key is in `gone` and puts in the rows of `told` (names of tables or views).

    `gone` has some columns of the mart's key. `order`: what follows `FROM rows`, one stream after another. `among`: the
    files that can hold such rows, where that is known.
    """
    files = w.files(mart)
    holding = _holding(con, files if among is None else among, gone)
    if not holding and not con.execute(f"SELECT EXISTS (FROM {told})").fetchall()[0][0]:
        return
    hit = [f for f in files if f in holding or pq.read_metadata(f).num_rows < SMALL_ROWS]
    kept = f"FROM {parquet(hit, MARTS[mart])} ANTI JOIN {gone} USING ({_columns(con, gone)})"
    rows = f"({kept} UNION ALL BY NAME FROM {told})"
    w.replace_files(mart, hit, stream(con, mart, [f"FROM {rows} {clause}" for clause in order]))


def renew(con: duckdb.DuckDBPyConnection, w: Writer, mart: str, *, touched: str, told: str,
          order: Sequence[str] = ("",)) -> None:
    """In `mart`, puts the rows of `told` in the place of all rows whose key is in `touched`; what is said already
    stays in its file. Parameters as for `patch`."""
    held = sorted(_holding(con, w.files(mart), touched))
    stored = f"(FROM {parquet(held, MARTS[mart])} SEMI JOIN {touched} USING ({_columns(con, touched)}))"
    differing(con, mart, stored, told, mart)
    patch(con, w, mart, gone=f"{mart}_gone", told=f"{mart}_told", order=order, among=held)


def differing(con: duckdb.DuckDBPyConnection, mart: str, stored: str, told: str, name: str) -> None:
    """What must change so that rows `stored` (SQL) become rows `told` (a table), both in the columns of `mart`.

    Table `<name>_gone` (the keys of which one of them says what the other does not) and view `<name>_told` (the rows of
    `told` under these keys). Rows are compared by the hash of all columns.
    """
    key = ", ".join(MARTS[mart].key)
    columns = ", ".join(f"{c.name}::{duckdb_type(ARROW[c.type])}" for c in MARTS[mart].columns)
    con.execute(f"CREATE OR REPLACE TABLE content_stored AS SELECT {key}, hash({columns}) AS content FROM {stored}")
    con.execute(f"CREATE OR REPLACE TABLE content_told AS SELECT {key}, hash({columns}) AS content FROM {told}")
    con.execute(f"""CREATE OR REPLACE TABLE {name}_gone AS
                    SELECT {key} FROM content_stored ANTI JOIN content_told USING ({key}, content)
                    UNION SELECT {key} FROM content_told ANTI JOIN content_stored USING ({key}, content)""")
    con.execute(f"CREATE OR REPLACE VIEW {name}_told AS FROM {told} SEMI JOIN {name}_gone USING ({key})")


def stream(con: duckdb.DuckDBPyConnection, mart: str, sources: Iterable[str]) -> pa.RecordBatchReader:
    """Rows of `sources` (SQL from FROM on), one after another, in the schema of `mart`."""
    schema = MARTS[mart].schema()

    def batches() -> Iterator[pa.RecordBatch]:
        for source in sources:
            for batch in con.cursor().sql(f"SELECT {', '.join(schema.names)} {source}").to_arrow_reader(100_000):
                yield from pa.Table.from_batches([batch]).cast(schema).to_batches()

    return pa.RecordBatchReader.from_batches(schema, batches())


def _holding(con: duckdb.DuckDBPyConnection, files: Collection[str], gone: str) -> set[str]:
    """The files that hold a row whose key is in `gone`."""
    if not files:
        return set()
    listed = ", ".join(quoted(f) for f in files)
    rows = con.execute(f"""SELECT DISTINCT filename
                           FROM read_parquet([{listed}], filename=true, hive_partitioning=false)
                           SEMI JOIN {gone} USING ({_columns(con, gone)})""").fetchall()
    return {row[0] for row in rows}


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> str:
    return ", ".join(row[0] for row in con.execute(f"DESCRIBE {table}").fetchall())
