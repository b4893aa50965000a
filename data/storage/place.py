"""The place where the files of a store lie, as those see it who write: the one seam between a disk and object storage.

A writer works in a folder in either case. What it has written is settled in the same order: files, the entries of the
tables' logs, the entry of `loads`. On a disk settling is syncing; on object storage it is uploading.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from data.storage.address import origin


@dataclass(frozen=True)
class Found:
    """A file of a table: its name inside the store, bytes, and when it was written."""

    name: str
    size: int
    changed_at: datetime


class Place:
    """A folder of this machine: what is written there lies where it belongs."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def refresh(self) -> None:
        """Sees what others have published since."""

    def names(self) -> set[str]:
        """What lies at the top of the store."""
        return set(os.listdir(self.root)) if self.root.exists() else set()

    def open_at(self, versions: Mapping[str, int]) -> None:
        """Sees to it that tables can be opened at these versions."""

    def have(self, files: Iterable[Path]) -> None:
        """Sees to it that these files can be read; FileNotFoundError."""

    def lacks(self, files: Iterable[Path]) -> Path | None:
        """The first of these files that is gone."""
        return next((file for file in files if not file.is_file()), None)

    def keep(self, name: str, text: str) -> None:
        """Tells of a file beside the tables before it is written here."""

    def workshop(self, timeout: float) -> AbstractContextManager[Place]:
        """Where the one writer works; MvpodError E_BUSY."""
        return nullcontext(self)

    def inspection(self) -> AbstractContextManager[Place]:
        """Where `verify` looks."""
        return nullcontext(self)

    def name(self, file: Path) -> str:
        """The name of a file inside the store."""
        return file.relative_to(self.root).as_posix()

    @contextmanager
    def lent(self, file: Path) -> Iterator[Path]:
        """A file as it lies in the store, not as somebody has kept a copy of it; OSError."""
        yield file

    def settle(self, files: Iterable[Path]) -> None:
        """Files, in this order, are safe when this returns."""
        sync(files)

    def rename(self, old: Path, new: Path) -> None:
        """Gives a file another name."""
        old.rename(new)

    def remove(self, names: Iterable[str]) -> None:
        """Removes files; those that are gone are fine."""
        for name in names:
            (self.root / name).unlink(missing_ok=True)

    def found(self) -> Iterator[Found]:
        """All files of all tables and of their logs."""
        for log in sorted(self.root.glob("*/_delta_log")):
            for path in (*log.parent.rglob("*.parquet"), *log.glob("*.aside-*")):
                seen = path.stat()
                yield Found(self.name(path), seen.st_size,
                            datetime.fromtimestamp(seen.st_mtime, UTC))


def place_of(folder: Path) -> Place:
    """The place of the store in `folder`: the folder itself, or what it is the copy of."""
    if origin(folder) is None:
        return Place(folder)
    from data.storage.mirror import mirror_of

    return mirror_of(folder)


def sync(paths: Iterable[Path]) -> None:
    """Files, and the folders that name them, are on the disk when this returns."""
    files = list(paths)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(_sync, [*files, *{f.parent for f in files}, *{f.parent.parent for f in files}]))


def _sync(path: Path) -> None:
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:  # Windows cannot open a folder; its file systems order folder entries by themselves
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
