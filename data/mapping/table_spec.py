"""What a profile says of one file: how its rows become rows of a canonical table (docs/profiles.md)."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from data.contracts import TABLES, Column, Table
from data.mapping.columns import squeezed

IDS = ("text", "salesforce", "guid", "odoo")

#: Files that fill no table of the store but say what other files mean: what their ids stand for (`lookup`), and which
#: stages the pipelines have, in order (`stage`; `alias` is the id under which rows may name it).
HELPERS = {table.name: table for table in (
    Table("lookup", "event", ("key",), (Column("key", required=True), Column("value"))),
    Table("stage", "event", ("pipeline", "stage"), (
        Column("stage", required=True), Column("pipeline"), Column("alias"), Column("position", "number"),
        Column("probability", "number", low=0, high=1), Column("is_won", "flag"), Column("is_closed", "flag"))),
)}
TARGETS = TABLES | HELPERS

#: What may follow the name of a file: a date or a number, or the sign of a copy.
_COPY = r"(?:(?:[-_ .(]*\d.*| \(.*)?\.[^.]+)?"


@dataclass(frozen=True)
class ValueMap:
    """A canonical column from the values of source columns (several are joined by '|'), each of which may go
    by several names."""

    sources: tuple[tuple[str, ...], ...]
    mapping: Mapping[str, str]
    default: str | None = None


@dataclass(frozen=True)
class Lookup:
    """A column that the file does not have: the values that a list gives for those of a source column; `keep`: what the
    list does not know stays as it is."""

    list: str
    sources: tuple[str, ...]
    keep: bool = True


@dataclass(frozen=True)
class TableSpec:
    """How one file becomes rows of one canonical table. `columns`: canonical column -> source names, first non-empty
    one wins; every other field as in docs/profiles.md."""

    target: str
    files: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    optional: bool = False
    date_formats: tuple[str, ...] = ()
    timezone: str | None = None
    decimal: str = "."
    thousands: str = ""
    duplicates: str = "error"
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, ValueMap] = field(default_factory=dict)
    replace: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    scale: Mapping[str, float] = field(default_factory=dict)
    prefixes: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, str] = field(default_factory=dict)
    ids: str = "text"
    unpivot: Mapping[str, str] = field(default_factory=dict)
    list: str = ""
    lookup: Mapping[str, Lookup] = field(default_factory=dict)

    @property
    def table(self) -> Table:
        """The contract of the target."""
        return TARGETS[self.target]

    def matches(self, name: str) -> bool:
        """Whether a file of this name is meant (letter case does not matter)."""
        return any(re.fullmatch(_pattern(file), name.casefold()) for file in self.files)

    def sources_of(self, column: str) -> tuple[str, ...]:
        """The source columns that feed a canonical column, () for a constant or nothing."""
        mapped = [name for names in self.values[column].sources for name in names] if column in self.values else []
        return self.expanded((*mapped, *self.columns.get(column, ())))

    def expanded(self, sources: Sequence[str], *, always: bool = False) -> tuple[str, ...]:
        """Sources, each that is looked up followed by what it is looked up from, where that may stand for it (or
        `always`)."""
        return tuple(dict.fromkeys(name for source in sources for name in (
            source, *(self.expanded(self.lookup[source].sources, always=always)
                      if source in self.lookup and (always or self.lookup[source].keep) else ()))))

    def unpivoted(self, names: Sequence[str]) -> dict[str, str]:
        """Wide columns among `names` -> the stage of which they hold the day, in the order of the profile.

        A `*` in `unpivot` stands for the stage, another one for its pipeline, a `#` for a number that says nothing. The
        first pattern that names a stage counts for it, so that a stage under an old and a new name counts once.
        """
        found: dict[str, str] = {}
        for wanted, stage in self.unpivot.items():
            told = {n: hit for n in names if n not in found and (hit := _wide(wanted, stage, n)) is not None}
            found |= {name: hit for name, hit in told.items() if not hit or hit not in found.values()}
        return {name: stage for name, stage in found.items() if stage}

    def fed(self) -> set[str]:
        """The canonical columns that this spec can fill."""
        unpivoted = {"changed_at", "to_stage"} if self.unpivot else set()
        return {*self.columns, *self.constants, *self.values, *unpivoted}


def _wide(wanted: str, stage: str, name: str) -> str | None:
    """The stage of which a column holds the day, "" for a column that is left alone, None for any other column."""
    if "*" not in wanted:
        return stage if squeezed(name) == squeezed(wanted) else None
    first, *rest = re.escape(wanted).replace(r"\#", r"\d{6,}").split(r"\*")
    hit = re.fullmatch(first + "(.+)" + "[^()]*".join(rest), name, re.IGNORECASE)
    return None if hit is None else stage and hit.group(1)


def _pattern(file: str) -> str:
    """A pattern of file names as a regular expression; a name without any `*?[` also means its dated copies."""
    if any(c in file for c in "*?["):
        return fnmatch.translate(file.casefold())
    return re.escape(file.casefold()) + _COPY
