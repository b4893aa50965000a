"""The local copy of a store on object storage: what readers need of it, and the workshop of its one writer.

A published file is never changed, so that a copy of it is good for ever: what a load names is fetched when it is first
asked for, and compared with the sha256 that the load recorded, once a process. What leads to the loads (the log of
`loads`, checkpoints) is fetched by each process. DuckDB and the Delta library only ever see this folder.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import RLock
from typing import TypeVar
from uuid import uuid4

from data.errors import MvpodError
from data.storage.address import origin
from data.storage.bucket import Bucket, Seen
from data.storage.delta import DeltaFolder
from data.storage.lease import NAME as LEASE
from data.storage.lease import Lease
from data.storage.loads import Journal, Load
from data.storage.place import Found, Place
from data.storage.writer import sha256

#: Whether there is a new load is asked for at most every so many seconds.
FRESH = 2.0
#: A file that nobody has asked for so long may go when the copy has grown too large (see `Mirror._evict`).
UNUSED = 3600.0
#: What a store keeps beside its tables: at the top, and in folders.
TOP, FOLDERS = ("store.json", "mvpod.toml", "watch.json"), ("profiles", "packs")
_AT_ONCE = 16
_LOG = re.compile(r"(?P<table>[^/]+)/_delta_log/(?P<version>\d{20})\.(?P<kind>json|checkpoint\.parquet)")
_LOADS = "loads/_delta_log"
_WORK, _LOOK = ".work-", ".look-"
#: The time of a file may lie so many seconds before that of the clock.
_TICK = 0.05

T = TypeVar("T")


@cache
def mirror_of(folder: Path) -> Mirror:
    """The copy in `folder`, one object per process."""
    found = origin(folder)
    assert found
    return Mirror(folder, Bucket(found["url"]), found["copy"])


class Mirror(Place):
    """The copy in the folder `root` of the objects in `bucket`."""

    def __init__(self, root: Path, bucket: Bucket, copy: str) -> None:
        super().__init__(root)
        self.bucket, self.copy = bucket, copy
        self._lock = RLock()
        self._looked_at = float("-inf")
        self._tags: dict[str, str | None] = {}  # of what can change: the ETag that was fetched
        self._checked: set[str] = set()  # of what cannot: fetched or compared by this process
        self._there: dict[str, Seen] = {}  # all objects, as listed when the last load was seen
        self._logs: dict[str, list[Seen]] = {}  # of these the logs by table
        self._head = ""
        self._recorded: dict[str, str] = {}  # sha256 of files by their names, as the loads say
        self._recorded_at = ""

    # What can change: asked for again and again

    def refresh(self, now: bool = False) -> None:
        """Fetches what lies beside the tables and the log of `loads`, unless it was looked at a moment ago."""
        with self._lock:
            if not now and time.monotonic() - self._looked_at < FRESH:
                return
            begun = time.time()
            with ThreadPoolExecutor(4) as pool:
                top, *beside, log = pool.map(self.bucket.beside, ["", *FOLDERS, _LOADS])
            small = [seen for seen in top if seen.name in TOP] + [seen for some in beside for seen in some]
            head = max((seen.name for seen in log if _LOG.fullmatch(seen.name)), default="")
            if head != self._head or not self._there:
                self._there = {seen.name: seen for seen in self.bucket.listed()}
                self._logs, self._head = _logs(self._there.values()), head
            self._bring_changing([*small, *_since_checkpoint(log)])
            self._drop_gone({seen.name for seen in (*small, *log)}, begun)
            self._looked_at = time.monotonic()

    def stale(self) -> None:
        """The next `refresh` looks, however soon it comes."""
        self._looked_at = float("-inf")

    def _bring_changing(self, wanted: Iterable[Seen]) -> None:
        old = [s for s in wanted if self._tags.get(s.name) != s.tag or not (self.root / s.name).is_file()]
        for seen in sorted(old, key=lambda s: s.name):  # a log without gaps, whoever reads meanwhile
            with suppress(FileNotFoundError):  # removed since it was listed
                self.bucket.fetch(seen.name, self.root / seen.name)
                self._tags[seen.name] = seen.tag

    def _drop_gone(self, there: set[str], begun: float) -> None:
        """What was here before the listing began and is not in it is gone; what is younger, another process brought."""
        inside = [path for folder in (*FOLDERS, _LOADS) for path in (self.root / folder).glob("[!.]*")]
        for path in (*inside, *(self.root / name for name in TOP)):
            with suppress(FileNotFoundError):
                if self.name(path) not in there and path.stat().st_mtime < begun - _TICK:
                    path.unlink()

    def names(self) -> set[str]:
        return {name.split("/")[0] for name in self._there} - {LEASE}

    # What cannot change: fetched once

    def have(self, files: Iterable[Path]) -> None:
        """Fetches files of the store that do not lie here as they were published. FileNotFoundError; MvpodError
        E_STORE_DAMAGED for an object that is not what was recorded."""
        names = [self.name(file) for file in files]
        lacking = [n for n in names if n not in self._checked or not (self.root / n).is_file()]
        leading = [n for n in lacking if n.startswith("loads/")]  # what the record itself is read from
        _side_by_side(lambda name: self._bring(name, None), leading)
        if len(lacking) > len(leading):
            recorded = self._record()
            _side_by_side(lambda name: self._bring(name, recorded.get(name)), sorted({*lacking} - {*leading}))

    def _record(self) -> Mapping[str, str]:
        with self._lock:
            if self._recorded_at != self._head:
                head, loads = self._head, Journal(self.root, self).all()
                self._recorded = {file.path: file.sha256 for load in loads for file in load.files}
                self._recorded_at = head
                self._evict(loads[-2:])
            return self._recorded

    def _bring(self, name: str, expected: str | None) -> None:
        target = self.root / name
        if expected is None or not target.is_file() or sha256(target) != expected:
            found = self.bucket.fetch(name, target)
            if expected not in (None, found):
                target.unlink()
                raise MvpodError("E_STORE_DAMAGED", file=name, found=found[:12])
        os.utime(target)
        self._checked.add(name)

    def open_at(self, versions: Mapping[str, int]) -> None:
        """Fetches the newest checkpoint before each version and the entries of the log since."""
        wanted = [seen for table, version in versions.items()
                  for seen in _since_checkpoint(self._logs.get(table, ()), version)]
        with self._lock:
            self._bring_changing([seen for seen in wanted if not seen.name.endswith(".json")])
        self.have([self.root / seen.name for seen in wanted if seen.name.endswith(".json")])

    def lacks(self, files: Iterable[Path]) -> Path | None:
        return next((file for file in files if self.name(file) not in self._there), None)

    def _evict(self, published: Iterable[Load]) -> None:
        """Removes what was not asked for longest until the copy has at most MVPOD_CACHE_GB (20) gigabytes. What the
        published load and the one before name stays, and what somebody asked for within the hour."""
        limit = float(os.environ.get("MVPOD_CACHE_GB") or 20) * 1e9
        files = [(path.stat(), path) for path in self.root.glob("[!.]*/**/*.parquet")]
        total = sum(seen.st_size for seen, _ in files)
        if total <= limit:
            return
        named = set()
        for load in published:
            self.open_at(load.versions)
            for table, version in load.versions.items():
                folder = DeltaFolder(self.root / table, self)
                named |= {folder.path / part.path for part in folder.parts(version)}
        for seen, path in sorted(files, key=lambda item: item[0].st_mtime):
            if total > limit and path not in named and seen.st_mtime < time.time() - UNUSED:
                path.unlink(missing_ok=True)
                total -= seen.st_size

    # Writing

    def keep(self, name: str, text: str) -> None:
        self.bucket.put(name, text.encode())

    def remove(self, names: Iterable[str]) -> None:
        """Removes objects and their copies."""
        gone = list(names)
        self.bucket.remove(gone)
        super().remove(gone)

    @contextmanager
    def workshop(self, timeout: float) -> Iterator[Workshop]:
        """The folder of the one writer, with what stands in the store at this moment. MvpodError E_BUSY."""
        with Lease(self.bucket, self.copy).held(timeout) as lease, self._bench(lease) as shop:
            yield shop

    @contextmanager
    def inspection(self) -> Iterator[Workshop]:
        """A folder into which everything is fetched anew: for `verify`."""
        with self._bench(None) as shop:
            yield shop

    @contextmanager
    def _bench(self, lease: Lease | None) -> Iterator[Workshop]:
        if lease:  # alone in this copy: what killed writers left behind can go
            old = [look for look in self.root.glob(f"{_LOOK}*") if look.stat().st_mtime < time.time() - 86_400]
            for left in (*self.root.glob(f"{_WORK}*"), *old):
                shutil.rmtree(left, ignore_errors=True)
        self.refresh(now=True)
        folder = self.root / f"{_WORK if lease else _LOOK}{uuid4().hex}"
        folder.mkdir()
        try:
            yield Workshop(self, folder, lease)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            self.stale()


class Workshop(Place):
    """Where a writer makes a load: the logs as they stand in the store, other files when they are needed."""

    def __init__(self, mirror: Mirror, folder: Path, lease: Lease | None) -> None:
        super().__init__(folder)
        self._mirror, self._lease = mirror, lease
        there = mirror.bucket.listed()
        wanted = [s.name for log in _logs(there).values() for s in (_since_checkpoint(log) if lease else log)]
        wanted += [s.name for s in there if s.name.endswith("/_delta_log/_last_checkpoint") or s.name == "store.json"]
        _side_by_side(lambda name: mirror.bucket.fetch(name, folder / name), wanted)

    def have(self, files: Iterable[Path]) -> None:
        names = [self.name(file) for file in files if not file.is_file()]
        if self._lease is None:
            _side_by_side(lambda name: self._mirror.bucket.fetch(name, self.root / name), names)
            return
        self._mirror.have(self._mirror.root / name for name in names)
        for name in names:
            _linked(self._mirror.root / name, self.root / name)

    @contextmanager
    def lent(self, file: Path) -> Iterator[Path]:
        if file.is_file():  # a log entry, fetched when the workshop was set up
            yield file
            return
        self._mirror.bucket.fetch(self.name(file), file)
        try:
            yield file
        finally:
            file.unlink()

    def settle(self, files: Iterable[Path]) -> None:
        """Uploads. An entry of a log is created, never written over: MvpodError E_OVERTAKEN where another writer has
        been before us."""
        every = list(files)
        small = [file for file in every if file.parent.name == "_delta_log"]
        _side_by_side(self._upload, [file for file in every if file not in small])
        for file in small:
            if self._lease:
                self._lease.check()
            name = self.name(file)
            if not _LOG.fullmatch(name) or not name.endswith(".json"):
                self._mirror.bucket.put(name, file)
            elif self._mirror.bucket.put_if(name, file.read_bytes(), None) is None:
                raise MvpodError("E_OVERTAKEN", store=self._mirror.bucket.url)
        self._mirror.stale()

    def _upload(self, file: Path) -> None:
        name = self.name(file)
        self._mirror.bucket.put(name, file)
        _linked(file, self._mirror.root / name)

    def rename(self, old: Path, new: Path) -> None:
        self._mirror.bucket.put(self.name(new), old)
        self._mirror.bucket.remove([self.name(old)])
        old.rename(new)

    def remove(self, names: Iterable[str]) -> None:
        self._mirror.bucket.remove(list(names))

    def found(self) -> Iterator[Found]:
        there = self._mirror.bucket.listed()
        tables = _logs(there)
        for seen in there:
            if seen.name.split("/")[0] in tables and (seen.name.endswith(".parquet") or ".aside-" in seen.name):
                yield Found(seen.name, seen.size, seen.changed_at)


def _logs(there: Iterable[Seen]) -> dict[str, list[Seen]]:
    """Entries and checkpoints by table."""
    logs: dict[str, list[Seen]] = {}
    for seen in there:
        if match := _LOG.fullmatch(seen.name):
            logs.setdefault(match["table"], []).append(seen)
    return logs


def _since_checkpoint(log: Iterable[Seen], until: float = float("inf")) -> list[Seen]:
    """What opens a table at the version `until`: the newest checkpoint before, and the entries from its version on."""
    found = [(version, match["kind"], seen) for seen in log
             if (match := _LOG.fullmatch(seen.name)) and (version := int(match["version"])) <= until]
    start = max((version for version, kind, _ in found if kind != "json"), default=-1)
    return [seen for version, _, seen in found if version >= start]


def _side_by_side(work: Callable[[T], object], items: Iterable[T]) -> None:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(work, items))


def _linked(source: Path, target: Path) -> None:
    """The same file under another name; a copy where the disk knows no links."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        try:
            os.link(source, target)
        except OSError as error:
            if isinstance(error, FileExistsError):
                raise
            shutil.copyfile(source, target)
