"""Writing a load: files first, then one commit per table, then the row of `loads` that publishes them all.

Until the publication everything that a load does is new files that nothing refers to, and a list in memory of
the files that each table shall have. A body that raises, or a process that is killed, leaves nothing behind
that a reader could see.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import uuid4

import duckdb
import pyarrow as pa
from deltalake.exceptions import DeltaError

from data.contracts import CONTRACT_VERSION
from data.errors import MvpodError
from data.storage.delta import DeltaFolder, Part, first_line
from data.storage.loads import Journal, Load, StoredFile
from data.storage.parts import Rows, conform, contract, partition_of, schema_of, write_parts
from data.storage.place import Place

log = logging.getLogger(__name__)

#: An event table that has collected so many files is written as one again.
GATHER_FILES = 32
_NO_WRITE = (errno.EROFS, errno.EACCES, errno.EPERM)

P = ParamSpec("P")
R = TypeVar("R")


@contextmanager
def explained(root: Path) -> Iterator[None]:
    """Turns what a disk answers into MvpodError E_STORE_READONLY or E_STORE_DISK."""
    try:
        yield
    except OSError as error:
        found = error.strerror or str(error)
        if error.errno in _NO_WRITE:
            raise MvpodError("E_STORE_READONLY", store=str(root), found=found) from error
        raise MvpodError("E_STORE_DISK", store=str(root), found=found, free=_free(root)) from error
    except DeltaError as error:
        raise MvpodError("E_STORE_DISK", store=str(root), found=first_line(error), free=_free(root)) from error


def _free(root: Path) -> int:
    with suppress(OSError):
        return shutil.disk_usage(root).free
    return 0


def _guarded(method: Callable[Concatenate[Writer, P], R]) -> Callable[Concatenate[Writer, P], R]:
    @wraps(method)
    def call(self: Writer, *args: P.args, **kwargs: P.kwargs) -> R:
        with explained(self.root):
            return method(self, *args, **kwargs)
    return call


class Writer:
    """The one writer of a store, as `Store.writing()` gives it.

    `base` is the published load on which this one builds, `load_id` the number that this one will get.
    """

    def __init__(self, place: Place, journal: Journal, base: Load | None) -> None:
        self.root, self.place = place.root, place
        self.base = base
        self.load_id = journal.next_id()
        self._journal = journal
        self._versions: dict[str, int] = dict(base.versions) if base else {}
        self._parts: dict[str, list[Part]] = {}
        self._changed: set[str] = set()
        self._written: set[Path] = set()
        self._committing = False

    @_guarded
    def recover(self) -> None:
        """Takes back what a killed writer committed to tables but never published."""
        for table in sorted(p.parent.name for p in self.root.glob("*/_delta_log")):
            folder = self._folder(table)
            published = self._versions.get(table)
            if table == "loads":
                continue
            folder.set_torn_aside(-1 if published is None else published)
            head = folder.head()
            if published is None or head == published:
                continue
            if head is None or head < published:
                raise MvpodError("E_STORE_DAMAGED", file=f"{table}/_delta_log/{published:020d}.json", found="-")
            self._versions[table] = folder.commit(self.parts(table), schema_of(table), partition_of(table))

    # What is there

    def parts(self, table: str) -> list[Part]:
        """The files that a table has at this moment of the load."""
        if table not in self._parts:
            version = self._versions.get(table)
            self._parts[table] = [] if version is None else self._folder(table).parts(version)
        return self._parts[table]

    def files(self, table: str) -> list[str]:
        """Absolute paths of the Parquet files of a table at this moment of the load, in reading order."""
        schema_of(table)
        return self._here(table, self.parts(table))

    def published_files(self, table: str) -> list[str]:
        """The same as last published, before anything that this load did."""
        version = self.base.versions.get(table) if self.base else None
        parts = [] if version is None else self._folder(table).parts(version)
        return self._here(table, parts)

    def _here(self, table: str, parts: Sequence[Part]) -> list[str]:
        paths = [self.root / table / part.path for part in parts]
        self.place.have(paths)
        return list(map(str, paths))

    def dates(self, table: str) -> list[date]:
        """The snapshot dates of a state table at this moment of the load."""
        return sorted({part.day for part in self.parts(table) if part.day})

    def rows(self, table: str) -> int:
        """The number of rows of a table at this moment of the load."""
        return sum(part.rows for part in self.parts(table))

    # What is done

    @_guarded
    def replace_dates(self, table: str, data: Rows, dates: Iterable[date]) -> None:
        """Puts `data` in the place of all rows of these snapshot dates (dates without rows are then gone).

        MvpodError E_STORE_DATE if `data` has a date that is not in `dates`; E_STORE_SCHEMA as `parts.conform`.
        """
        if not partition_of(table):
            raise MvpodError("E_STORE_TABLE", found=table, hint="overwrite")
        wanted = set(dates)
        new = self._write(table, data)
        if strange := {part.day for part in new} - wanted:
            raise MvpodError("E_STORE_DATE", table=table, found=sorted(map(str, strange)),
                             expected=sorted(map(str, wanted)))
        self._set(table, [*(p for p in self.parts(table) if p.day not in wanted), *new])

    @_guarded
    def merge(self, table: str, data: Rows) -> None:
        """Adds events: a row whose key is there already takes the place of the older row; order of coming is kept.

        MvpodError E_STORE_KEY if `data` itself has one key twice.
        """
        key = contract(table).key
        rows = conform(table, data if isinstance(data, pa.Table) else data.read_all())
        if not len(rows) and self.parts(table):
            return
        with _duckdb() as con:
            con.register("incoming", rows)
            _refuse_double_keys(con, table, key)
            kept = [part for old in self.parts(table) for part in self._without(con, table, old, key)]
        self._set(table, [*(p for p in kept if p.rows), *self._write(table, rows)])
        if len(self.parts(table)) > GATHER_FILES:
            self._gather(table)

    def _without(self, con: duckdb.DuckDBPyConnection, table: str, old: Part, key: Sequence[str]) -> list[Part]:
        """An older file without the rows that come anew: itself where none does, else a new file in its place."""
        same = " AND ".join(f"old.{c} IS NOT DISTINCT FROM incoming.{c}" for c in key)
        source = "read_parquet([$file], file_row_number=true, hive_partitioning=false) old"
        file = {"file": self._here(table, [old])[0]}
        hits = con.sql(f"SELECT count(*) FROM {source} SEMI JOIN incoming ON {same}", params=file).fetchall()
        if not hits[0][0]:
            return [old]
        rest = con.sql(f"SELECT * EXCLUDE (file_row_number) FROM {source} ANTI JOIN incoming ON {same} "
                       "ORDER BY file_row_number", params=file)
        return self._write(table, rest.to_arrow_reader(), prefix=old.path[:20])

    def _gather(self, table: str) -> None:
        names = self.files(table)
        with _duckdb() as con:
            rows = con.sql("SELECT * EXCLUDE (filename, file_row_number) FROM read_parquet($files, filename=true, "
                           "file_row_number=true, hive_partitioning=false) ORDER BY filename, file_row_number",
                           params={"files": names})
            self._set(table, self._write(table, rows.to_arrow_reader()))

    @_guarded
    def overwrite(self, table: str, data: Rows) -> None:
        """Puts `data` in the place of the whole table."""
        self._set(table, self._write(table, data))

    @_guarded
    def replace_files(self, table: str, gone: Collection[str], data: Rows) -> None:
        """Puts `data` in the place of some of a table's files (of `files`); the other files stay as they are."""
        out = set(gone)
        kept = [p for p in self.parts(table) if str(self.root / table / p.path) not in out]
        new = self._write(table, data)
        self._set(table, [*kept, *(p for p in new if p.rows or not kept)])

    @_guarded
    def quarantine(self, rows: pa.Table) -> None:
        """Keeps rejected rows (columns of `parts.QUARANTINE`, without the load id); they are never replaced."""
        if len(rows):
            marked = rows.append_column("load_id", pa.array([self.load_id] * len(rows), pa.int64()))
            self._set("quarantine", [*self.parts("quarantine"), *self._write("quarantine", marked)])

    def bring(self, table: str, parts: Sequence[Part]) -> None:
        """Gives a table exactly these files, which the store has already (a restore)."""
        self._set(table, list(parts))

    def forget(self, table: str) -> None:
        """Leaves a table out of the load, as if it had never been there (a restore)."""
        self._parts[table] = []
        self._versions.pop(table, None)
        self._changed.discard(table)

    def _write(self, table: str, data: Rows, prefix: str | None = None) -> list[Part]:
        number = len(self._written)
        parts = write_parts(self.root / table, table, data, prefix or f"{self.load_id:08d}-{number:05d}")
        self._written.update(self.root / table / part.path for part in parts)
        return parts

    def _set(self, table: str, parts: list[Part]) -> None:
        self._parts[table] = sorted(parts)
        self._changed.add(table)

    def _folder(self, table: str) -> DeltaFolder:
        return DeltaFolder(self.root / table, self.place)

    # The end of it

    @_guarded
    def publish(self, *, kind: str, as_of: date | None, sources: Sequence[Mapping[str, Any]] = (), profile: str = "",
                counts: Mapping[str, Any] | None = None, settings_text: str = "",
                loaded_at: datetime | None = None) -> Load:
        """Makes all that was written the published state of the store, at once.

        Order: files on the disk, one commit per table, the row of `loads` (the commit point). The writer then
        stands on this load; what is written after it belongs to the next.
        """
        used = {self.root / table / part.path: part for table in self._changed for part in self._parts[table]}
        new = {path: part for path, part in used.items() if path in self._written}
        self.place.settle(new)
        self._committing = True
        for table in sorted(self._changed):
            self._versions[table] = self._folder(table).commit(
                self._parts[table], schema_of(table), partition_of(table))
        load = Load(self.load_id, kind, loaded_at or datetime.now(UTC), as_of, tuple(sources), profile,
                    CONTRACT_VERSION, dict(self._versions), tuple(self._recorded(new)), dict(counts or {}),
                    settings_text)
        self.base = self._journal.append(load, self.base)
        self.load_id = load.load_id + 1
        self._committing = False
        self._remove_unused(new)
        self._tidy()
        self._changed.clear()
        self._written.clear()
        return self.base

    def _recorded(self, new: Mapping[Path, Part]) -> list[StoredFile]:
        """sha256 of every new file and of every new log entry."""
        files: dict[Path, int | None] = {path: part.rows for path, part in sorted(new.items())}
        for table, version in sorted(self._versions.items()):
            before = self.base.versions.get(table, -1) if self.base else -1
            folder = self._folder(table)
            files.update((folder.entry(v), None) for v in range(before + 1, version + 1))
        with ThreadPoolExecutor(2) as pool:
            hashes = list(pool.map(sha256, files))
        return [StoredFile(self.place.name(path), digest, rows)
                for (path, rows), digest in zip(files.items(), hashes, strict=True)]

    def _tidy(self) -> None:
        """What keeps opening quick; the load is published, so that a failure here is only told."""
        try:
            for table in self._changed:
                self._folder(table).checkpoint()
            self._journal.tidy()
        except (OSError, DeltaError, MvpodError) as error:
            log.warning("load %d is published, but tidying up failed: %s", self.load_id, first_line(error))

    def _remove_unused(self, used: Iterable[Path]) -> None:
        for path in self._written - set(used):
            with suppress(OSError):
                path.unlink()

    def give_up(self) -> None:
        """Removes the files of a load that will not be published, unless a table's log may name them by now."""
        if not self._committing:
            self._remove_unused(())


def _refuse_double_keys(con: duckdb.DuckDBPyConnection, table: str, key: Sequence[str]) -> None:
    columns = ", ".join(key)
    double = con.sql(f"SELECT {columns}, count(*) AS n FROM incoming GROUP BY {columns} HAVING n > 1").fetchall()
    if double:
        raise MvpodError("E_STORE_KEY", table=table, key=key, found=sum(row[-1] - 1 for row in double),
                         example=" / ".join(map(str, double[0][:-1])))


@contextmanager
def _duckdb() -> Iterator[duckdb.DuckDBPyConnection]:
    """A private DuckDB for joining what comes with what is there."""
    spill = Path(tempfile.gettempdir()) / f"mvpod-{uuid4().hex}"  # made by DuckDB only when it is needed
    try:
        with duckdb.connect(config={
            "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
            "python_enable_replacements": "false", "temp_directory": str(spill),
        }) as con:
            con.execute("SET TimeZone='UTC'; SET enable_progress_bar=false")
            yield con
    finally:
        shutil.rmtree(spill, ignore_errors=True)


def sha256(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
