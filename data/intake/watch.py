"""A folder into which exports are put: each new one that is complete becomes a load, by itself.

A drop is a file that lies in the folder, or a sub-folder with the files of one export. It is taken when it has been
quiet for a while and nothing in it is called like an unfinished copy. Its content is imported once: what a load of the
store already holds is passed over, whatever it is called now. Inputs are only read. What became of each drop stands in
`watch.json` beside the tables of the store; a refused one is tried again when it, or what decides about it, changes.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from data.errors import MvpodError
from data.intake import saved_profiles
from data.intake.importing import STORE_SETTINGS, import_paths
from data.mapping.matching import SUFFIXES, files_of
from data.reading.readers import sha256_of
from data.storage.kept import here, keep
from data.storage.store import Store
from data.storage.writer import explained

FILE = "watch.json"
#: Seconds without a change after which a drop counts as complete; a look at it is repeated after PAUSE seconds.
SETTLE, PAUSE = 30.0, 1.0
#: What a copy in progress is called.
UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".download", ".!ut", ".swp")
#: Failures that say nothing about the drop: it is tried again at the next look.
PASSING = ("E_BUSY", "E_STORE_READONLY", "E_STORE_DISK", "E_CHANGED")
#: So many drops that are no longer in the folder are remembered.
_REMEMBERED = 200
_DATE = re.compile(r"(?<!\d)(20\d\d)-?(\d\d)-?(\d\d)(?!\d)")

State = Literal["done", "same", "failed", "waiting"]
Signature = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Drop:
    """One file or sub-folder: its files, what they look like from outside, when one of them last changed, and the day
    that its name tells (its snapshot date). `problem`: why it cannot even be listed."""

    path: Path
    files: tuple[Path, ...]
    signature: Signature
    changed_at: float
    as_of: date | None
    is_unfinished: bool
    problem: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a drop. `load`: the load that holds it; `code`, `en`, `zh`: why it was refused, and what to do.
    `digest` identifies its content, `rules` the settings and profile under which it was tried. `is_news`: since the
    last look."""

    name: str
    state: State
    at: datetime
    load: int | None = None
    code: str = ""
    en: str = ""
    zh: str = ""
    digest: str = ""
    rules: str = ""
    signature: Signature = ()
    is_news: bool = True

    def text(self, lang: str) -> str:
        """Why it was refused, in `lang`."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Record:
    """The looks at a folder so far: when the last one was, and the drops by their path, the latest outcome last."""

    looked_at: datetime
    outcomes: Mapping[str, Outcome]

    def last_failure(self) -> Outcome | None:
        """The latest refused drop that still stands."""
        failed = [o for o in self.outcomes.values() if o.state == "failed"]
        return max(failed, key=lambda o: o.at, default=None)


def name_date(name: str) -> date | None:
    """The one day that a name tells; None if it tells none, or several.

    >>> name_date("2026-11-15"), name_date("pipeline_20261115.csv"), name_date("v2 of 12345678")
    (datetime.date(2026, 11, 15), datetime.date(2026, 11, 15), None)
    """
    found = set()
    for year, month, day in _DATE.findall(name):
        with suppress(ValueError):
            found.add(date(int(year), int(month), int(day)))
    return found.pop() if len(found) == 1 else None


def drops(folder: Path) -> list[Drop]:
    """What lies in the folder, in the order of the days that names or files tell. E_WATCH_FOLDER if it is not there."""
    try:
        found = [drop for path in folder.iterdir() if not path.name.startswith((".", "~$")) and (drop := _seen(path))]
    except OSError as error:
        raise MvpodError("E_WATCH_FOLDER", folder=str(folder), found=error.strerror) from error
    return sorted(found, key=lambda d: (d.as_of or datetime.fromtimestamp(d.changed_at, UTC).date(), d.path.name))


def _seen(path: Path) -> Drop | None:
    """A drop, also one that this process may not look into: it is refused, and takes no other one with it."""
    try:
        return _drop(path)
    except OSError as error:
        problem = error.strerror or type(error).__name__
        return Drop(path, (), (), 0.0, name_date(path.name), is_unfinished=False, problem=problem)


def _drop(path: Path) -> Drop | None:
    if not path.is_dir() and path.suffix.lower() not in SUFFIXES:
        return None
    inside = sorted(path.iterdir()) if path.is_dir() else [path]
    with suppress(MvpodError):
        files, states = tuple(files_of([path])), []
        for file in inside:
            with suppress(FileNotFoundError):  # gone since it was listed: the next look sees what is there
                states.append((file.name, file.stat()))
        signature = tuple((name, s.st_size, s.st_mtime_ns) for name, s in states)
        changed = max((max(s.st_mtime, s.st_ctime) for _, s in states), default=0.0)
        unfinished = any(name.lower().endswith(UNFINISHED) for name, _ in states)
        return Drop(path, files, signature, changed, name_date(path.name), unfinished)
    return None


def look(folder: Path, store: Path, *, profile: str | Path | None = None, settle: float = SETTLE,
         tell: Callable[[Outcome], None] = lambda outcome: None,
         progress: Callable[[str, float], None] | None = None) -> list[Outcome]:
    """Takes what is new and complete; gives what became of every drop in the folder. Each outcome that is news is told
    as soon as it is known and recorded at once. E_WATCH_FOLDER, E_WATCH_STORE (the store lies in the folder, or the
    folder in the store), E_WATCH_BUSY (another watch of this store)."""
    _apart(folder.resolve(), store.resolve())
    here = drops(folder.resolve())
    Store.open(store, create=True)
    with _alone(store):
        before, keys, found = record(store), {str(drop.path) for drop in here}, []
        known = dict(before.outcomes) if before else {}
        ready = _quiet([d for d in here if _is_new(d, known.get(str(d.path)), store, profile)], settle)
        for drop in here:
            key = str(drop.path)
            if drop not in ready:
                found.append(_as_known(drop, known.get(key)))
                continue
            known[key] = _taken(drop, store, profile, list(known.values()), progress)
            found.append(known[key])
            _write(store, known, keys)
            tell(known[key])
        _write(store, known, keys)
        return found


def watch(folder: Path, store: Path, *, every: float, once: bool, warn: Callable[[MvpodError], None],
          sleep: Callable[[float], None] = time.sleep, **options: Any) -> list[Outcome]:
    """Looks `once` and gives the outcomes, or again and again until it is stopped (options: those of `look`). A folder
    that is away for a while, or another watch, is warned of and waited for; with `once` it is raised."""
    _apart(folder.resolve(), store.resolve())
    if once:
        return look(folder, store, **options)
    while True:
        try:
            look(folder, store, **options)
        except MvpodError as error:
            warn(error)
        sleep(every)


def _apart(folder: Path, store: Path) -> None:
    """A store's own files are Parquet, too: they must not be taken for exports."""
    if folder.is_relative_to(store) or store.is_relative_to(folder):
        raise MvpodError("E_WATCH_STORE", folder=str(folder), store=str(store))


def _quiet(candidates: Sequence[Drop], settle: float) -> list[Drop]:
    """Those that are complete: finished, unchanged for `settle` seconds, and the same at a second look."""
    old = [d for d in candidates if not d.is_unfinished and time.time() - d.changed_at >= settle]
    if not old:
        return []
    time.sleep(min(PAUSE, settle))
    return [d for d in old if (again := _seen(d.path)) and again.signature == d.signature]


def _is_new(drop: Drop, before: Outcome | None, store: Path, profile: str | Path | None) -> bool:
    """Is there anything to try: nothing known, changed since, or refused under other rules or for a passing reason?"""
    if before is None or before.signature != drop.signature:
        return True
    return before.state == "failed" and (before.code in PASSING or before.rules != _rules(store, profile)
                                         or _held(store, before.digest) is not None)


def _as_known(drop: Drop, before: Outcome | None) -> Outcome:
    if before and before.signature == drop.signature:
        return replace(before, is_news=False)
    return Outcome(drop.path.name, "waiting", datetime.now(UTC), is_news=False)


def _taken(drop: Drop, store: Path, profile: str | Path | None, known: Iterable[Outcome],
           progress: Callable[[str, float], None] | None) -> Outcome:
    """Imports a drop, unless its content is in the store already."""
    told = Outcome(drop.path.name, "failed", datetime.now(UTC), rules=_rules(store, profile), signature=drop.signature)
    try:
        if drop.problem:
            raise MvpodError("E_WATCH_READ", file=drop.path.name, found=drop.problem)
        digest = _digest(_sha256(file) for file in drop.files)
        told = replace(told, digest=digest)
        load = _held(store, digest) or next((o.load for o in known if o.digest == digest and o.load), None)
        if load is not None:
            return replace(told, state="same", load=load)
        report = import_paths([drop.path], store, profile=profile, as_of=drop.as_of, progress=progress)
        current = Store.open(store).current()
        load = report.load_id or (current.load_id if current else None)
        return replace(told, state="same" if report.is_unchanged else "done", load=load)
    except MvpodError as error:
        failure = error
    except OSError as error:
        failure = MvpodError("E_WATCH_READ", file=drop.path.name, found=error.strerror or type(error).__name__)
    except Exception:
        log = store / f"watch-{told.at:%Y%m%d-%H%M%S}.log"
        log.write_text(traceback.format_exc(), encoding="utf-8")
        failure = MvpodError("E_WATCH_DEFECT", file=drop.path.name, log=str(log))
    return replace(told, code=failure.code, en=failure.text("en"), zh=failure.text("zh"))


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return sha256_of(opened)


def _digest(shas: Iterable[str]) -> str:
    """One name for the contents of several files, whatever these are called."""
    return hashlib.sha256("\n".join(sorted(shas)).encode()).hexdigest()


def _held(store: Path, digest: str) -> int | None:
    """The load that was made of exactly this content."""
    for load in reversed(Store.open(store).loads()):
        shas = [str(source.get("sha256", "")) for source in load.sources]
        if load.kind == "import" and all(shas) and _digest(shas) == digest:
            return load.load_id
    return None


def _rules(store: Path, profile: str | Path | None) -> str:
    """What decides whether a drop is refused, besides its content: the store's settings and the profiles."""
    texts = [str(profile or "")]
    for path in (store / STORE_SETTINGS, *saved_profiles.listed(store), *([Path(profile)] if profile else [])):
        with suppress(OSError):
            texts.append(path.read_text(encoding="utf-8"))
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


# The record


def record(store: Path) -> Record | None:
    """What was noted of the last look; None if nobody watches for this store, or the note cannot be read."""
    try:
        told = json.loads((here(store) / FILE).read_text(encoding="utf-8"))
        outcomes = {key: Outcome(**{**row, "at": datetime.fromisoformat(row["at"]), "is_news": False,
                                    "signature": tuple(tuple(s) for s in row["signature"])})
                    for key, row in told["drops"].items()}
        return Record(datetime.fromisoformat(told["looked_at"]), outcomes)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(store: Path, known: Mapping[str, Outcome], here: set[str]) -> None:
    """Replaces the note as a whole. Of drops that are gone the latest are kept."""
    gone = sorted((key for key in known if key not in here), key=lambda key: known[key].at)[-_REMEMBERED:]
    kept = sorted((key for key in known if key in here or key in gone), key=lambda key: known[key].at)
    rows = {key: {k: v.isoformat() if isinstance(v, datetime) else v for k, v in asdict(known[key]).items()
                  if k != "is_news"} for key in kept}
    told = {"looked_at": datetime.now(UTC).isoformat(), "drops": rows}
    keep(store, FILE, json.dumps(told, ensure_ascii=False, indent=1))


@contextmanager
def _alone(store: Path) -> Iterator[None]:
    """One watch of a store at a time. The lock dies with its process."""
    lock = FileLock(store / ".watch.lock", preserve_lock_file=True)
    with explained(store):
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise MvpodError("E_WATCH_BUSY", store=str(store)) from error
    try:
        yield
    finally:
        lock.release()
