"""One Delta Lake table in a folder: which Parquet files make a version, and the commit of a new version.

The files are written by `data.storage.writer` and are on the disk before they are committed; a commit only names them.
A version is brought about by saying which files it shall have: what the head has too much is removed, what it
lacks is added. The same call therefore writes, restores, and tidies up after a writer that was killed.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, PostCommitHookProperties
from deltalake.exceptions import DeltaError
from deltalake.schema import Schema
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

from data.errors import MvpodError
from data.storage.place import Place

PARTITION = "snapshot_date"
#: A checkpoint every so many versions keeps opening a table at milliseconds; the log itself is kept for ever,
#: because every published load names a version in it (Delta's own clean-up after 30 days would break that).
CHECKPOINT_EVERY = 20
_CONFIGURATION: dict[str, str | None] = {
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
    "delta.enableExpiredLogCleanup": "false",
}
_NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)
_ENTRY = re.compile(r"(\d{20})\.json")


@dataclass(frozen=True, order=True)
class Part:
    """One Parquet file of a table: path inside the table's folder, bytes, rows, and its date if partitioned."""

    path: str
    size: int
    rows: int
    day: date | None = None

    @property
    def values(self) -> dict[str, str | None]:
        """Partition values as the Delta log writes them."""
        return {PARTITION: self.day.isoformat()} if self.day else {}


@dataclass(frozen=True)
class DeltaFolder:
    """A Delta table in `path`, of a store that lies in `place`; the folder may not exist yet."""

    path: Path
    place: Place

    @property
    def log(self) -> Path:
        """The folder of the transaction log."""
        return self.path / "_delta_log"

    def entry(self, version: int) -> Path:
        """The log file of one version."""
        return self.log / f"{version:020d}.json"

    def versions(self) -> list[int]:
        """All versions in the log, ascending."""
        try:
            names = os.listdir(self.log)
        except FileNotFoundError:
            return []
        return sorted(int(m[1]) for name in names if (m := _ENTRY.fullmatch(name)))

    def head(self) -> int | None:
        """The newest version, None where there is no table."""
        return max(self.versions(), default=None)

    def table(self, version: int | None = None) -> DeltaTable:
        """The table as the library opens it; MvpodError E_STORE_DAMAGED if it cannot."""
        try:
            return DeltaTable(str(self.path), version=version)
        except (DeltaError, OSError, ValueError) as error:
            raise MvpodError("E_STORE_DAMAGED", file=f"{self.path.name}/_delta_log", found=first_line(error)) from error

    def parts(self, version: int | None = None) -> list[Part]:
        """The files of a version (default: the head), in the order of their names."""
        return _parts_of(self.table(version))

    def commit(self, parts: Iterable[Part], schema: pa.Schema, partition: str | None = None) -> int:
        """Makes a version that has exactly these files; returns its number (that of the head if it has them)."""
        wanted = {part.path: part for part in parts}
        columns = [partition] if partition else []
        adds = [_add(part) for part in wanted.values()]
        head = self.head()
        if head is None:
            create_table_with_add_actions(str(self.path), Schema.from_arrow(schema), adds, mode="error",
                                          partition_by=columns, configuration=_CONFIGURATION,
                                          post_commithook_properties=_NO_HOOKS)
            return self._settled(0)
        table = self.table(head)
        if table.schema() != Schema.from_arrow(schema):
            # Other columns than before: one version that empties the table and declares them, one that fills it.
            table.create_write_transaction([], "overwrite", schema, columns, post_commithook_properties=_NO_HOOKS)
            self._settled(head + 1)
            table = self.table(head + 1)
        present = {part.path: part for part in _parts_of(table)}
        adds = [add for add in adds if add.path not in present]
        gone = [_remove(part) for path, part in present.items() if path not in wanted]
        if not adds and not gone:
            return table.version()
        table.create_write_transaction([*adds, *gone], "append", schema, columns, post_commithook_properties=_NO_HOOKS)
        return self._settled(table.version() + 1)

    def _settled(self, version: int) -> int:
        """The commit is safe: on the disk, not only in its cache."""
        self.place.settle([self.entry(version)])
        return version

    def checkpoint(self) -> None:
        """Sums the log up when it has grown; a checkpoint can be lost without loss."""
        head = self.head()
        if head is None or head - self._summed() < CHECKPOINT_EVERY:
            return
        self.table(head).create_checkpoint()
        self.place.settle([self.log / f"{head:020d}.checkpoint.parquet", self.log / "_last_checkpoint"])

    def _summed(self) -> int:
        """The version of the last checkpoint, 0 without one."""
        try:
            return int(json.loads((self.log / "_last_checkpoint").read_text(encoding="utf-8"))["version"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def set_torn_aside(self, published: int) -> None:
        """Sets the last log entry aside if it is later than `published` and was cut off by a power failure."""
        head = self.head()
        if head is not None and head > published and is_torn(self.entry(head)):
            self.set_aside(head)

    def set_aside(self, version: int) -> None:
        """Takes a log entry out of the log; the file stays, under another name."""
        self.place.rename(self.entry(version), self.log / f"{version:020d}.aside-{time.time_ns()}")

    def replay(self, wanted: Iterable[int]) -> dict[int, dict[str, int]]:
        """Files (path → rows) of the wanted versions by the log entries alone, without checkpoints.

        This is what `verify` compares. ValueError and OSError as `entry_actions`.
        """
        states: dict[int, dict[str, int]] = {}
        files: dict[str, int] = {}
        asked = set(wanted)
        self.place.have(self.entry(version) for version in range(max(asked, default=-1) + 1))
        for version in range(max(asked, default=-1) + 1):
            for action in entry_actions(self.entry(version)):
                if "remove" in action:
                    files.pop(action["remove"]["path"], None)
                elif "add" in action:
                    files[action["add"]["path"]] = json.loads(action["add"]["stats"])["numRecords"]
            if version in asked:
                states[version] = dict(files)
        return states


def entry_actions(path: Path) -> list[dict[str, Any]]:
    """The actions of one log entry; ValueError if it is empty or not JSON."""
    actions = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not actions:
        raise ValueError("empty")
    return actions


def readable(path: Path) -> bool:
    """Whether a log entry can be read whole."""
    try:
        return bool(entry_actions(path))
    except ValueError:
        return False


def is_torn(path: Path) -> bool:
    """Whether a log entry is empty or cut off, as a power failure leaves it; a changed bit is not that."""
    content = path.read_bytes().rstrip(b"\0").rstrip()
    return not content.endswith(b"}") or b"\0" in content


def _parts_of(table: DeltaTable) -> list[Part]:
    actions = pa.table(table.get_add_actions(flatten=False))
    days: list[date | None] = [None] * len(actions)
    if "partition" in actions.column_names:
        days = [value[PARTITION] for value in actions["partition"].to_pylist()]
    rows = zip(actions["path"].to_pylist(), actions["size_bytes"].to_pylist(), actions["num_records"].to_pylist(),
               days, strict=True)
    return sorted(Part(path, size, count, day) for path, size, count, day in rows)


def _add(part: Part) -> AddAction:
    return AddAction(part.path, part.size, part.values, _now(), True, json.dumps({"numRecords": part.rows}))


def _remove(part: Part) -> RemoveAction:
    return RemoveAction(part.path, True, _now(), part.size, part.values)


def _now() -> int:
    return int(time.time() * 1000)


def first_line(error: BaseException) -> str:
    """What a library's error says, without its inner trace."""
    with suppress(IndexError):
        return str(error).splitlines()[0]
    return type(error).__name__
