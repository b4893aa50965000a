"""The table `loads`: one row per load, of which the last is the published state of the whole store.

Every row carries a digest over itself and its predecessor, so that a changed or missing row is noticed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data.contracts import CONTRACT_VERSION
from data.errors import MvpodError
from data.notes import DECIDED, WARNED, Note
from data.storage.delta import DeltaFolder, Part, first_line, readable
from data.storage.parts import write_rows
from data.storage.place import Place

SCHEMA = pa.schema([
    ("load_id", pa.int64()), ("kind", pa.string()), ("loaded_at", pa.timestamp("us", tz="UTC")), ("as_of", pa.date32()),
    ("sources", pa.string()), ("profile", pa.string()), ("contract_version", pa.int64()), ("versions", pa.string()),
    ("files", pa.string()), ("counts", pa.string()), ("settings", pa.string()), ("digest", pa.string()),
])
_JSON = ("sources", "versions", "files", "counts")
#: So many rows of one file each are gathered into one file.
GATHER_EVERY = 50


@dataclass(frozen=True)
class StoredFile:
    """A file that a load added: path inside the store, sha256, and its rows (None for an entry of a Delta log)."""

    path: str
    sha256: str
    rows: int | None


@dataclass(frozen=True)
class Load:
    """One published load. `versions` names the Delta version of every table that belongs to this state.

    `kind`: import, restore, rebuild, settings or vacuum. `as_of`: the newest date that the load speaks of.
    `sources`: the files that were read (name, sha256, …). `counts`: rows in, loaded and quarantined by table; what an
    import decided and noticed is kept with them.
    """

    load_id: int
    kind: str
    loaded_at: datetime
    as_of: date | None
    sources: tuple[Mapping[str, Any], ...]
    profile: str
    contract_version: int
    versions: Mapping[str, int]
    files: tuple[StoredFile, ...] = field(repr=False)
    counts: Mapping[str, Any]
    settings_text: str = field(repr=False)
    digest: str = ""

    @property
    def decisions(self) -> tuple[Note, ...]:
        """What the import decided by itself, with counts and examples."""
        return tuple(map(Note.kept, self.counts.get(DECIDED, ())))

    @property
    def warnings(self) -> tuple[Note, ...]:
        """What was loaded and yet looked wrong."""
        return tuple(map(Note.kept, self.counts.get(WARNED, ())))

    def row(self) -> dict[str, Any]:
        """The stored row."""
        return {
            "load_id": self.load_id, "kind": self.kind, "loaded_at": self.loaded_at, "as_of": self.as_of,
            "sources": _text([dict(s) for s in self.sources]), "profile": self.profile,
            "contract_version": self.contract_version, "versions": _text(dict(self.versions)),
            "files": _text([[f.path, f.sha256, f.rows] for f in self.files]), "counts": _text(dict(self.counts)),
            "settings": self.settings_text, "digest": self.digest,
        }

    def digest_after(self, previous: str) -> str:
        """The digest that this load must have when its predecessor has `previous`."""
        content = {**self.row(), "digest": previous, "loaded_at": self.loaded_at.isoformat(), "as_of": str(self.as_of)}
        return hashlib.sha256(_text(content).encode()).hexdigest()


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _load(row: Mapping[str, Any]) -> Load:
    if row["contract_version"] > CONTRACT_VERSION:
        raise MvpodError("E_STORE_NEWER", found=row["contract_version"], expected=CONTRACT_VERSION)
    values = {key: json.loads(row[key]) for key in _JSON}
    return Load(row["load_id"], row["kind"], row["loaded_at"], row["as_of"], tuple(values["sources"]), row["profile"],
                row["contract_version"], values["versions"], tuple(StoredFile(*f) for f in values["files"]),
                values["counts"], row["settings"], row["digest"])


class Journal:
    """Reads and appends `loads`."""

    def __init__(self, root: Path, place: Place) -> None:
        self.folder = DeltaFolder(root / "loads", place)

    def parts(self) -> list[Part]:
        """The files of the newest version that can be read.

        A last entry that cannot be read is passed over, so that the state before it stays served: after a power
        failure it was never acknowledged; if it is damaged, `verify` says so and no writer goes on.
        """
        versions = self.folder.versions()
        if versions and not readable(self.folder.entry(versions[-1])):
            versions.pop()
        return self.folder.parts(versions[-1]) if versions else []

    def last(self) -> Load | None:
        """The published load, None in a store without one. A row that cannot be read is passed over, as above."""
        damage = None
        for part in reversed(self.parts()):  # file names begin with the load id
            try:
                return max(self._rows(part), key=lambda load: load.load_id)
            except MvpodError as error:
                if error.code != "E_STORE_DAMAGED":
                    raise
                damage = damage or error
        if damage:
            raise damage
        return None

    def all(self) -> list[Load]:
        """All loads, oldest first; MvpodError E_STORE_DAMAGED if one cannot be read."""
        loads = [load for part in self.parts() for load in self._rows(part)]
        return sorted(loads, key=lambda load: load.load_id)

    def next_id(self) -> int:
        """An id that no load ever had, readable or not."""
        return max((int(part.path.split("-")[0]) for part in self.parts()), default=0) + 1

    def ready(self, repair: bool) -> None:
        """Before writing: a torn last entry is set aside. Damage is refused, or with `repair` set aside as well.

        MvpodError E_STORE_DAMAGED names the file.
        """
        self.folder.set_torn_aside(-1)
        head = self.folder.head()
        if head is not None and not readable(self.folder.entry(head)):
            if not repair:
                raise MvpodError("E_STORE_DAMAGED", file=f"loads/_delta_log/{head:020d}.json", found="?")
            self.folder.set_aside(head)
        parts = self.parts()
        while parts:
            try:
                self._rows(parts[-1])
                break
            except MvpodError as error:
                if error.code != "E_STORE_DAMAGED" or not repair:
                    raise
                parts.pop()
        if len(parts) < len(self.parts()):
            self.folder.commit(parts, SCHEMA)

    def _rows(self, part: Part) -> list[Load]:
        try:
            return [_load(row) for row in self._table(part).to_pylist()]
        except (OSError, pa.ArrowException, ValueError, KeyError, TypeError) as error:
            raise MvpodError("E_STORE_DAMAGED", file=f"loads/{part.path}", found=first_line(error)) from error

    def _table(self, part: Part) -> pa.Table:
        path = self.folder.path / part.path
        self.folder.place.have([path])
        return pq.read_table(path, partitioning=None, page_checksum_verification=True).cast(SCHEMA)

    def append(self, load: Load, base: Load | None) -> Load:
        """Publishes `load` after `base`: when this returns, it is the state of the store and on the disk."""
        load = replace(load, digest=load.digest_after(base.digest if base else ""))
        parts = self.parts()
        part = write_rows(self.folder.path, pa.Table.from_pylist([load.row()], schema=SCHEMA), f"{load.load_id:08d}")
        self.folder.place.settle([self.folder.path / part.path])
        self.folder.commit([*parts, part], SCHEMA)
        return load

    def tidy(self) -> None:
        """Keeps reading quick: many files of one row become one file (the last stays alone), the log is summed up."""
        parts = self.parts()
        if len(parts) > GATHER_EVERY:
            last = parts.pop()
            table = pa.concat_tables([self._table(part) for part in parts]).sort_by("load_id")
            part = write_rows(self.folder.path, table, f"{table['load_id'][-1].as_py():08d}")
            self.folder.place.settle([self.folder.path / part.path])
            self.folder.commit([part, last], SCHEMA)
        self.folder.checkpoint()
