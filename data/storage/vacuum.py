"""Giving disk space back: files that no load within the retention names are removed.

The list of loads stays whole. A vacuum that removes something is itself a load (its `counts` say from which
load on everything is kept), published before the first file goes, so that no reader is promised what is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from data.storage.delta import DeltaFolder
from data.storage.loads import Load
from data.storage.place import Found, Place
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
    surplus = sorted(_surplus(w.place, kept, moment - GRACE), key=lambda found: found.name)
    size = sum(found.size for found in surplus)
    result = Vacuumed(tuple(found.name for found in surplus), size, oldest)
    if dry_run or not surplus:
        return result
    w.publish(kind="vacuum", as_of=current.as_of, profile=current.profile, settings_text=current.settings_text,
              counts={"oldest": oldest, "files": len(surplus), "bytes": size}, loaded_at=now)
    w.place.remove(result.files)
    return result


def _oldest_whole(loads: Sequence[Load], kept: Sequence[Load]) -> int:
    """Loads are kept without gaps, even where a clock went back."""
    return min(load.load_id for load in kept) if kept else loads[-1].load_id


def _surplus(place: Place, kept: Sequence[Load], before: datetime) -> Iterator[Found]:
    named: dict[str, set[str]] = {}
    for found in place.found():
        table, _, inside = found.name.partition("/")
        if table not in named:
            named[table] = set(_named(DeltaFolder(place.root / table, place), kept))
        is_log = inside.startswith("_delta_log/") and ".aside-" not in inside
        if not is_log and inside not in named[table] and found.changed_at < before:
            yield found


def _named(folder: DeltaFolder, kept: Sequence[Load]) -> Iterator[str]:
    """The files of a table that the kept loads name."""
    table = folder.path.name
    if table == "loads":
        yield from (part.path for part in folder.parts())
    else:
        versions = {load.versions[table] for load in kept if table in load.versions}
        yield from (path for files in folder.replay(versions).values() for path in files)
