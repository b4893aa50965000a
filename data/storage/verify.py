"""Is everything in the store as it was written? Every file against its recorded sha256, rows and log.

Nothing that serves reading is trusted here: the files of a version are taken from the log entries one by one
(whose sha256 are recorded too), not from a checkpoint, and the checkpoint is compared with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import MvpodError
from data.storage.delta import DeltaFolder, first_line, readable
from data.storage.loads import Journal, Load, StoredFile
from data.storage.place import Place
from data.storage.writer import sha256


@dataclass(frozen=True)
class Problem:
    """One thing that is not as it was written. `code` V_MISSING, V_CHANGED, V_ROWS, V_UNKNOWN, V_LOG, V_LOADS."""

    load_id: int
    path: str
    code: str
    fields: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def text(self, lang: str = "en") -> str:
        """The sentence in `lang`."""
        return MvpodError(self.code, load=self.load_id, path=self.path, **self.fields).text(lang)


def kept_from(loads: Iterable[Load]) -> int:
    """The oldest load whose files are all kept: the one that the last vacuum says, else the first."""
    return max((load.counts.get("oldest", 1) for load in loads if load.kind == "vacuum"), default=1)


def verify(place: Place, load_id: int | None = None) -> list[Problem]:
    """All problems of one load, or of all kept loads; [] if there is none. E_STORE_LOAD for an unknown load."""
    journal = Journal(place.root, place)
    problems = _log_of_loads(journal)
    try:
        loads = journal.all()
    except MvpodError as error:
        return [*problems, Problem(0, error.fields.get("file", "loads"), "V_LOG", {"found": error.fields.get("found")})]
    problems += _chain(loads)
    chosen = [load for load in loads if load.load_id >= kept_from(loads)]
    if load_id is not None:
        chosen = [load for load in loads if load.load_id == load_id]
        if not chosen:
            raise MvpodError("E_STORE_LOAD", found=load_id, last=max((x.load_id for x in loads), default=0))
    recorded = {file.path: file for load in loads for file in load.files}
    used: dict[str, int] = {}  # file -> the newest chosen load that needs it
    for table in sorted({table for load in chosen for table in load.versions}):
        problems += _log(place, table, chosen, used)
    return problems + _files(place, used, recorded)


def _log_of_loads(journal: Journal) -> list[Problem]:
    return [Problem(0, f"loads/_delta_log/{v:020d}.json", "V_LOG", {"found": "?"})
            for v in journal.folder.versions() if not readable(journal.folder.entry(v))]


def _chain(loads: list[Load]) -> list[Problem]:
    previous, problems = "", []
    for load in loads:
        if load.digest != load.digest_after(previous):
            problems.append(Problem(load.load_id, "loads", "V_LOADS"))
        previous = load.digest
    return problems


def _log(place: Place, table: str, chosen: list[Load], used: dict[str, int]) -> list[Problem]:
    """Notes in `used` the files and log entries that the chosen loads need of a table."""
    wanted = {load.versions[table]: load.load_id for load in chosen if table in load.versions}
    newest = max(wanted)
    folder = DeltaFolder(place.root / table, place)
    for version in range(newest + 1):
        used[place.name(folder.entry(version))] = wanted[newest]
    try:
        states = folder.replay(wanted)
    except (OSError, ValueError, KeyError) as error:
        return [Problem(wanted[newest], f"{table}/_delta_log", "V_LOG", {"found": first_line(error)})]
    for version in sorted(states):
        used.update((f"{table}/{path}", wanted[version]) for path in states[version])
    try:
        opened = {part.path: part.rows for part in folder.parts(newest)}
    except MvpodError as error:
        return [Problem(wanted[newest], f"{table}/_delta_log", "V_LOG", {"found": error.fields["found"]})]
    if opened != states[newest]:
        differs = min(set(opened.items()) ^ set(states[newest].items()))[0]
        return [Problem(wanted[newest], f"{table}/_delta_log", "V_LOG", {"found": differs})]
    return []


def _files(place: Place, used: Mapping[str, int], recorded: Mapping[str, StoredFile]) -> list[Problem]:
    def check(item: tuple[str, int]) -> Problem | None:
        path, load = item
        if path not in recorded:
            return Problem(load, path, "V_UNKNOWN")
        return _file(place, load, recorded[path])

    with ThreadPoolExecutor(2) as pool:
        return [problem for problem in pool.map(check, sorted(used.items())) if problem]


def _file(place: Place, load: int, expected: StoredFile) -> Problem | None:
    try:
        with place.lent(place.root / expected.path) as path:
            return _compared(path, load, expected)
    except OSError:
        return Problem(load, expected.path, "V_MISSING")


def _compared(path: Path, load: int, expected: StoredFile) -> Problem | None:
    found = sha256(path)
    if found != expected.sha256:
        return Problem(load, expected.path, "V_CHANGED", {"found": found[:12], "expected": expected.sha256[:12]})
    if expected.rows is not None:
        try:
            rows: int | str = pq.read_metadata(path).num_rows
        except (OSError, pa.ArrowException) as error:
            rows = first_line(error)
        if rows != expected.rows:
            return Problem(load, expected.path, "V_ROWS", {"found": rows, "expected": expected.rows})
    return None
