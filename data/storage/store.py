"""The store: a folder of Delta Lake tables with one published state, the last row of `loads` (docs/store.md).

A reader resolves one load and takes the files of every table at the version that the load names; it never
lists a folder and needs no lock. A writer holds the lock, and publishes everything with one row.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from data.errors import MvpodError
from data.storage.address import located, said
from data.storage.delta import PARTITION, DeltaFolder, Part
from data.storage.loads import Journal, Load, StoredFile
from data.storage.parts import conform, partition_of, schema_of
from data.storage.place import Place, place_of, sync
from data.storage.vacuum import Vacuumed, vacuum
from data.storage.verify import Problem, verify
from data.storage.writer import Writer, explained

__all__ = ["Load", "Problem", "Store", "StoredFile", "Vacuumed", "Writer"]

#: The layout of the folder. A store with a higher number is refused instead of misread.
STORE_FORMAT = 1
MARKER = "store.json"
#: What may lie in a folder that becomes a store.
_WELCOME = {"mvpod.toml", ".lock", ".gitkeep", MARKER}

#: The Delta library would take this for an escaped character and read, or write, in another folder.
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")


class Store:
    """An open store. Opening reads nothing but the marker, so that it costs nothing to open it anew each time.

    `path` is the folder in which its files are read, `name` what people call it: the folder, or its URL.
    """

    def __init__(self, path: Path, place: Place) -> None:
        self.path, self.name = path, said(path)
        self._place = place
        self._journal = Journal(path, place)

    @classmethod
    def open(cls, path: Path | str, create: bool = False) -> Store:
        """The store in `path`, a folder or a URL (`data.storage.address`); with `create` a new one where there is none.
        An empty folder is a store without loads.

        MvpodError E_STORE_EMPTY (nothing there), E_STORE_FOREIGN (a folder with other things in it),
        E_STORE_NEWER (written by a newer version), E_STORE_READONLY, E_STORE_PATH (a name that cannot be used).
        """
        root = located(path).absolute()
        if escape := _ESCAPE.search(str(root)):
            raise MvpodError("E_STORE_PATH", store=str(root), found=escape[0])
        place = place_of(root)
        place.refresh()
        if (root / MARKER).is_file():
            _refuse_newer(root / MARKER)
        elif not root.is_dir() and not create:
            raise MvpodError("E_STORE_EMPTY", store=str(path))
        else:
            with explained(root):
                _refuse_foreign(place)
                if create:
                    _found(place)
        return cls(root, place)

    # Reading

    def loads(self) -> list[Load]:
        """All loads, oldest first."""
        self._place.refresh()
        return self._journal.all()

    def current(self) -> Load | None:
        """The published load, None before the first one."""
        self._place.refresh()
        return self._journal.last()

    def load(self, load_id: int) -> Load:
        """One load by its id; MvpodError E_STORE_LOAD if there is none."""
        loads = {load.load_id: load for load in self.loads()}
        if load_id not in loads:
            raise MvpodError("E_STORE_LOAD", found=load_id, last=max(loads, default=0))
        return loads[load_id]

    def files(self, table: str, load: Load | None = None) -> list[str]:
        """Absolute paths of a table's Parquet files at `load` (default: the current one), in reading order.

        [] for a table that the load does not have. MvpodError E_STORE_GONE if `vacuum` has removed one.
        """
        return self._here(table, self.parts(table, load), load)

    def _here(self, table: str, parts: Iterable[Part], load: Load | None) -> list[str]:
        paths = [self.path / table / part.path for part in parts]
        try:
            self._place.have(paths)
        except FileNotFoundError as error:  # removed since it was listed
            raise MvpodError("E_STORE_GONE", load=load.load_id if load else "?", file=table) from error
        return list(map(str, paths))

    def bring(self, load: Load) -> None:
        """Sees to it that all files of `load` lie in `path` (of object storage they are fetched when needed)."""
        self._place.refresh()
        self._place.open_at(load.versions)
        for table in load.versions:
            self.files(table, load)

    def parts(self, table: str, load: Load | None = None) -> list[Part]:
        """The same files with their size, rows and date."""
        schema_of(table)
        at = load or self.current()
        if at is None or table not in at.versions:
            return []
        self._place.refresh()
        self._place.open_at({table: at.versions[table]})
        parts = DeltaFolder(self.path / table, self._place).parts(at.versions[table])
        if gone := self._place.lacks(self.path / table / part.path for part in parts):
            raise MvpodError("E_STORE_GONE", load=at.load_id, file=self._place.name(gone))
        return parts

    def dates(self, table: str, load: Load | None = None) -> list[date]:
        """The snapshot dates of a state table at `load`, ascending."""
        return sorted({part.day for part in self.parts(table, load) if part.day})

    def rows(self, table: str, load: Load | None = None) -> int:
        """The number of rows of a table at `load`, without reading it."""
        return sum(part.rows for part in self.parts(table, load))

    def table(self, table: str, load: Load | None = None) -> pa.Table:
        """A whole table in memory: for small tables and tests."""
        pieces = [schema_of(table).empty_table()]
        parts = self.parts(table, load)
        for part, file in zip(parts, self._here(table, parts, load), strict=True):
            piece = pq.read_table(file, partitioning=None)
            if partition_of(table):
                piece = piece.append_column(PARTITION, pa.array([part.day] * len(piece), pa.date32()))
            pieces.append(conform(table, piece))
        return pa.concat_tables(pieces)

    # Writing

    @contextmanager
    def writing(self, timeout: float = 30.0, repair: bool = False) -> Iterator[Writer]:
        """The one writer of the store. Nothing is published unless the body calls `publish`.

        What a killed writer left ahead of the published load is taken back first. With `repair` a damaged last
        load is set aside instead of refused (that is what a restore does). MvpodError E_BUSY if another writer
        does not finish within `timeout` seconds, E_STORE_READONLY, E_STORE_FILESYSTEM, E_STORE_DAMAGED.
        """
        with self._locked(timeout), self._place.workshop(timeout) as place:
            journal = Journal(place.root, place)
            with explained(self.path):
                if not (place.root / MARKER).is_file():
                    _found(place)
                journal.ready(repair)
            writer = Writer(place, journal, journal.last())
            writer.recover()
            try:
                yield writer
            finally:
                writer.give_up()

    @contextmanager
    def _locked(self, timeout: float) -> Iterator[None]:
        """The one writer on this machine."""
        lock = FileLock(self.path / ".lock", preserve_lock_file=True, fallback_to_soft=False)
        with explained(self.path):
            _probe(self.path)
            try:
                lock.acquire(timeout=max(timeout, 0.0))
            except Timeout as error:
                raise MvpodError("E_BUSY", store=self.name, seconds=timeout) from error
            except NotImplementedError as error:
                raise MvpodError("E_STORE_FILESYSTEM", store=self.name, found=str(error)) from error
        try:
            yield
        finally:
            lock.release()

    def restore(self, load_id: int, timeout: float = 30.0, loaded_at: datetime | None = None) -> Load:
        """Makes the state of an earlier load the published one again; is itself a load. Quarantine is kept whole.

        MvpodError E_STORE_LOAD, E_STORE_GONE (removed by vacuum).
        """
        with self.writing(timeout, repair=True) as w:
            target = self.load(load_id)
            base = w.base or target
            for table in sorted({*base.versions, *target.versions} - {"quarantine"}):
                if table not in target.versions:
                    w.forget(table)
                elif target.versions[table] != base.versions.get(table):
                    w.bring(table, self.parts(table, target))
            return w.publish(kind="restore", as_of=target.as_of, sources=[{"load": load_id}], profile=target.profile,
                             counts=target.counts, settings_text=target.settings_text, loaded_at=loaded_at)

    # Keeping

    def verify(self, load_id: int | None = None) -> list[Problem]:
        """Compares every file of a load (default: of all loads that are kept) with what was recorded; [] = sound."""
        with self._place.inspection() as place:
            return verify(place, load_id)

    def vacuum(self, keep_days: int, dry_run: bool = False, now: datetime | None = None) -> Vacuumed:
        """Removes files that no load of the last `keep_days` days names, nor the current one (`data.storage`)."""
        with self.writing() as w:
            return vacuum(w, self.loads(), keep_days, dry_run, now)


def _refuse_foreign(place: Place) -> None:
    strange = sorted(place.names() - _WELCOME)
    if strange:
        raise MvpodError("E_STORE_FOREIGN", store=said(place.root), found=strange[:3])


def _found(place: Place) -> None:
    """Makes an empty store; of two who do so at once, both succeed."""
    root, text = place.root, json.dumps({"format": STORE_FORMAT})
    place.keep(MARKER, text)
    root.mkdir(parents=True, exist_ok=True)
    _probe(root)
    fresh = root / f".{uuid4().hex}"
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(root / MARKER)
    sync([root / MARKER])


def _refuse_newer(marker: Path) -> None:
    try:
        found = json.loads(marker.read_text(encoding="utf-8"))["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MvpodError("E_STORE_DAMAGED", file=MARKER, found=str(error)) from error
    if found > STORE_FORMAT:
        raise MvpodError("E_STORE_NEWER", found=found, expected=STORE_FORMAT)


def _probe(root: Path) -> None:
    """Whether the folder can be written and knows hard links, on which an atomic commit rests."""
    one, two = root / f".{uuid4().hex}", root / f".{uuid4().hex}"
    try:
        one.write_bytes(b"")
        try:
            os.link(one, two)
        except OSError as error:
            raise MvpodError("E_STORE_FILESYSTEM", store=str(root), found=error.strerror) from error
    finally:
        for path in (one, two):
            with suppress(OSError):
                path.unlink()
