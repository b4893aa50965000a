"""A portion of a company: all rows of some opportunities and of some accounts, as files in a folder of their own.

The history of a portion is made by the very code that makes that of a whole company, because the story of an
opportunity and the weeks of an account need the rows of that opportunity and that account only (docs/spark.md tells
what else they need of the company, and where it comes from). What runs here knows nothing of who spread the rows.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from data.contracts import MARTS, TABLES
from data.engine import Means, connect, duckdb_type
from data.marts import spells
from data.marts.history import rebuild_stories
from data.marts.weekly import Bounds
from data.marts.weekly_update import rebuild_weekly
from data.settings import Settings

#: What is read of a table, where not all columns of its contract are needed.
_READ = {"opportunity": ["opportunity_id", "snapshot_date", *spells.TRACKED]}


@dataclass
class Portion:
    """The files of a portion, in the shape in which `data.marts` reads and writes a store (`weekly_update.Target`)."""

    folder: Path
    found: Mapping[str, Sequence[str]] = field(default_factory=dict)
    #: the files that were written here: table -> path
    written: dict[str, str] = field(default_factory=dict)

    def files(self, table: str) -> list[str]:
        """The files of a table; of `opportunity` those of the whole company, of which only the dates are read."""
        return [self.written[table]] if table in self.written else list(self.found.get(table, ()))

    def published_files(self, table: str) -> list[str]:
        """None: a portion is made once."""
        return []

    def overwrite(self, table: str, data: pa.Table | pa.RecordBatchReader) -> None:
        """Writes a table as one new file: a task that is run twice never writes where another reads."""
        path = self.folder / f"{table}-{uuid4().hex}.parquet"
        with pq.ParquetWriter(path, data.schema, compression="lz4") as file:
            for batch in data.to_reader() if isinstance(data, pa.Table) else data:
                file.write_batch(batch)
        self.written[table] = str(path)


def schema_read(table: str) -> pa.Schema:
    """The columns of a canonical table that history is made of."""
    schema = TABLES[table].schema()
    wanted = _READ.get(table, [name for name in schema.names if name != "extra"])
    return pa.schema([schema.field(name) for name in wanted])


def put(portion: Portion, batches: Iterable[pa.RecordBatch], table: str) -> None:
    """Writes the rows of a table that belong to this portion."""
    portion.overwrite(table, _reader(schema_read(table), batches))


def fold(portion: Portion, batches: Iterable[pa.RecordBatch], days: Sequence[date], means: Means) -> None:
    """Writes mart `snapshot_spell` of this portion from its snapshots; `days` are all snapshot dates of the company."""
    with tempfile.TemporaryDirectory(prefix="mvpod-") as spool:
        con = connect([spool], memory=means.memory, threads=means.threads)
        schema = schema_read("opportunity")
        con.register("arriving", _reader(schema, batches))
        columns = ", ".join(f"{f.name}::{duckdb_type(f.type)} AS {f.name}" for f in schema)
        con.execute(f"CREATE TABLE all_opportunity AS SELECT {columns} FROM arriving")
        con.unregister("arriving")
        found = spells.spells(con, "all_opportunity", days, max(len(days), 1), lambda text, share: None)
        portion.overwrite("snapshot_spell", pa.RecordBatchReader.from_batches(MARTS["snapshot_spell"].schema(), found))
        con.close()


def tell(portion: Portion, settings: Settings, means: Means) -> None:
    """Writes the stories of this portion's opportunities."""
    rebuild_stories(portion, settings, means=means)


def tell_weeks(portion: Portion, settings: Settings, means: Means, last: date, bounds: Bounds) -> None:
    """Writes the weekly marts of this portion, judged up to the company's last day and within its bounds."""
    rebuild_weekly(portion, settings, means=means, last=last, bounds=bounds)


def _reader(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> pa.RecordBatchReader:
    def cast() -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield from pa.Table.from_batches([batch]).select(schema.names).cast(schema).to_batches()
    return pa.RecordBatchReader.from_batches(schema, cast())
