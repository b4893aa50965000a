"""Text files that a store keeps beside its tables: settings, packs, profiles, what a watch has seen."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

from data.storage.place import place_of, sync
from data.storage.writer import explained


def here(store: Path) -> Path:
    """The folder in which they can be read, as they stand now."""
    place_of(store).refresh()
    return store


def keep(store: Path, name: str, text: str) -> None:
    """Writes `name` (a path inside the store) in place of what it said; killed at any moment, the old text is whole.

    MvpodError E_STORE_READONLY, E_STORE_DISK.
    """
    target = store / name
    with explained(store):
        place_of(store).keep(name, text)
        target.parent.mkdir(exist_ok=True)
        fresh = target.with_name(f".{uuid4().hex}")
        try:
            fresh.write_text(text, encoding="utf-8")
            sync([fresh])
            os.replace(fresh, target)
        finally:
            fresh.unlink(missing_ok=True)


def forget(store: Path, name: str) -> None:
    """Removes such a file; one that is not there is fine."""
    with explained(store):
        place_of(store).remove([name])
