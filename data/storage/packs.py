"""Saved review packs: small JSON files in the folder `packs` of a store, beside its tables. They hold no data."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from data.errors import MvpodError, nearest
from data.storage.kept import forget, here, keep

FOLDER, SUFFIX = "packs", ".json"
#: Names longer than this would not fit into a file name in Chinese.
MAX_NAME = 60
#: A pack is a list of names; what is larger was not saved by us.
MAX_BYTES = 2_000_000


@dataclass(frozen=True)
class Saved:
    """One saved pack: its name, and when it was saved."""

    name: str
    saved_at: datetime


def slug(name: str) -> str:
    """The name under which a pack is kept: letters and digits of any script, in lower case; MvpodError E_PACK_NAME.

    >>> slug(" 2026 Q3: KA / East "), slug("季度汇报 Q3")
    ('2026-q3-ka-east', '季度汇报-q3')
    """
    words = re.sub(r"[\W_]+", "-", unicodedata.normalize("NFKC", name).lower())[:MAX_NAME].strip("-")
    if not words:
        raise MvpodError("E_PACK_NAME", found=name)
    return words


def listed(store: Path) -> list[Saved]:
    """All saved packs, the latest first; none for a store that has none."""
    folder = here(store) / FOLDER
    files = [f for f in folder.glob(f"*{SUFFIX}") if f.is_file()] if folder.is_dir() else []
    found = [Saved(f.stem, datetime.fromtimestamp(f.stat().st_mtime, UTC)) for f in files]
    return sorted(found, key=lambda saved: (saved.saved_at, saved.name), reverse=True)


def load(store: Path, name: str) -> str:
    """The text of a saved pack; MvpodError E_PACK_UNKNOWN names the nearest one."""
    file = here(store) / FOLDER / f"{slug(name)}{SUFFIX}"
    if not file.is_file():
        raise MvpodError("E_PACK_UNKNOWN", found=name, hint=nearest(slug(name), [s.name for s in listed(store)]))
    return read(file)


def read(file: Path) -> str:
    """The text of a pack in any file; MvpodError E_PACK_FILE for what is not there, not text or far too large."""
    try:
        if file.stat().st_size > MAX_BYTES:
            raise MvpodError("E_PACK_FILE", file=file.name, found=f"{file.stat().st_size} bytes")
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MvpodError("E_PACK_FILE", file=file.name, found=type(error).__name__) from error


def save(store: Path, name: str, text: str) -> str:
    """Keeps a pack, in place of one of the same name; gives the name. Killed at any moment, the old one is whole.

    MvpodError E_PACK_NAME, E_STORE_READONLY, E_STORE_DISK.
    """
    kept = slug(name)
    keep(store, f"{FOLDER}/{kept}{SUFFIX}", text)
    return kept


def remove(store: Path, name: str) -> None:
    """Forgets a saved pack; one that is not there is fine."""
    forget(store, f"{FOLDER}/{slug(name)}{SUFFIX}")
