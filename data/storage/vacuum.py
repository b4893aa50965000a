"""Giving disk space back: files that no load within the retention names are removed.

The list of loads stays whole. A vacuum that removes something is itself a load (its `counts` say from which
load on everything is kept), published before the first file goes, so that no reader is promised what is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from data.storage.delta import DeltaFolder
from data.storage.loads import Load
from data.storage.verify import kept_from
from data.storage.writer import Writer

#: Younger files stay: a reader may have resolved its load just before.
GRACE = timedelta(hours=1)


@dataclass(frozen=True)
class Vacuumed:
    """What was removed (or would be): files, bytes, and the oldest load that stays whole."""

    files: tuple[str, ...]
    bytes: int
    oldest: int


def vacuum(w: Writer, loads: Sequence[Load], keep_days: int, dry_run: bool, now: datetime | None = None) -> Vacuumed:
    """Removes what neither the current load nor one of the last `keep_days` days names."""
    if keep_days < 0 or not loads:
        return Vacuumed((), 0, 1)
    moment = now or datetime.now(UTC)
    current = loads[-1]
    floor = kept_from(loads)
    kept = [load for load in loads if load.load_id >= floor
            and (load is current or load.loaded_at >= moment - timedelta(days=keep_days))]
    oldest = _oldest_whole(loads, kept)
    kept = [load for load in loads if load.load_id >= oldest]
    surplus = sorted(_surplus(w.root, kept, moment - GRACE))
    size = sum(path.stat().st_size for path in surplus)
    result = Vacuumed(tuple(path.relative_to(w.root).as_posix() for path in surplus), size, oldest)
    if dry_run or not surplus:
        return result
    w.publish(kind="vacuum", as_of=current.as_of, profile=current.profile, settings_text=current.settings_text,
              counts={"oldest": oldest, "files": len(surplus), "bytes": size}, loaded_at=now)
    for path in surplus:
        path.unlink(missing_ok=True)
    return result


def _oldest_whole(loads: Sequence[Load], kept: Sequence[Load]) -> int:
    """Loads are kept without gaps, even where a clock went back."""
    return min(load.load_id for load in kept) if kept else loads[-1].load_id


def _surplus(root: Path, kept: Sequence[Load], before: datetime) -> Iterator[Path]:
    for folder in map(DeltaFolder, sorted(p.parent for p in root.glob("*/_delta_log"))):
        table = folder.path.name
        if table == "loads":
            named = {part.path for part in folder.parts()}
        else:
            versions = {load.versions[table] for load in kept if table in load.versions}
            named = {path for files in folder.replay(versions).values() for path in files}
        for path in (*folder.path.rglob("*.parquet"), *folder.log.glob("*.aside-*")):
            inside = path.relative_to(folder.path).as_posix()
            if (path.parent != folder.log or ".aside-" in path.name) and inside not in named and _older(path, before):
                yield path


def _older(path: Path, before: datetime) -> bool:
    return path.stat().st_mtime < before.timestamp()
