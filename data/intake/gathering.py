"""Files and the tables of a profile that they feed: read, looked up, mapped; nothing is checked across files yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from data.errors import MvpodError
from data.mapping.columns import Columns
from data.mapping.mapping import Mapped, map_table
from data.mapping.matching import Pairs, lacking, may_be_empty, taken
from data.mapping.rows import entries_of
from data.mapping.table_spec import HELPERS, TableSpec
from data.notes import Note
from data.reading.readers import RawTable, read_raw, shown
from data.settings import Settings

#: called with (what is being done, share done from 0 to 1)
Progress = Callable[[str, float], None]


@dataclass
class Gathered:
    """What the files hold. `mapped`: target -> one part per file; `stage_list`: the stages of the pipelines, where a
    file lists them (columns of `table_spec.HELPERS["stage"]`)."""

    mapped: dict[str, list[Mapped]] = field(default_factory=dict)
    stage_list: list[pa.Table] = field(default_factory=list)
    decisions: list[Note] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)
    sources: list[dict[str, str]] = field(default_factory=list)


def gather(pairs: Pairs, settings: Settings, as_of: date, con: duckdb.DuckDBPyConnection, say: Progress, *,
           order: Sequence[TableSpec] = ()) -> Gathered:
    """Reads the files and maps their rows. Lists come first, because the other files are read with them. The parts of a
    target come in the `order` of the profile's tables. Raises the errors of `readers` and `mapping`."""
    used, gathered = list(dict.fromkeys(path for _, path in pairs)), Gathered()
    by_path = {path: [spec for spec, p in pairs if p == path] for path in used}
    helping = [path for path in used if any(spec.target in HELPERS for spec in by_path[path])]
    raws = {path: _read(path, by_path[path], settings, gathered) for path in helping}
    lists: dict[str, pa.Table] = {}
    parts: list[tuple[int, Mapped]] = []
    rounds = [(turn, path) for turn in _TURNS[:-1] for path in helping] + [(_TURNS[-1], path) for path in used]
    sizes = [path.stat().st_size if turn == _TURNS[-1] and path.exists() else 0 for turn, path in rounds]
    for i, (turn, path) in enumerate(rounds):
        say("import.read", 0.6 * sum(sizes[:i]) / max(sum(sizes), 1))
        raw = raws[path] if path in raws else _read(path, by_path[path], settings, gathered)
        say("import.read", 0.6 * (sum(sizes[:i]) + 0.5 * sizes[i]) / max(sum(sizes), 1))
        specs = _usable(raw, by_path[path], pairs, gathered) if raw is not None else []
        for spec in specs:
            if raw is None or turn != _turn(spec):
                continue
            staged = {name for other in specs for name in other.unpivoted(raw.table.column_names)}
            found = map_table(raw, spec, settings, as_of, con, lists, staged)
            if spec.target == "lookup":
                both = [lists[spec.list]] if spec.list in lists else []
                lists[spec.list] = entries_of(pa.concat_tables([*both, found.table.select(["key", "value"])]), spec)
            elif spec.target == "stage":
                gathered.stage_list.append(found.table)
            else:
                parts.append((next((i for i, s in enumerate(order) if s is spec), 0), found))
                gathered.decisions += found.notes
    for _, found in sorted(parts, key=lambda part: part[0]):
        gathered.mapped.setdefault(found.target, []).append(found)
    say("import.check", 0.6)
    return gathered


#: Lists first, then lists that are read with these, then the tables.
_TURNS = ("list", "list of lists", "table")


def _turn(spec: TableSpec) -> str:
    return _TURNS[2] if spec.target not in HELPERS else _TURNS[1] if spec.lookup else _TURNS[0]


def _usable(raw: RawTable, specs: Sequence[TableSpec], pairs: Pairs, gathered: Gathered) -> list[TableSpec]:
    """The tables that a file can feed: one that needs not be there, and for which the file or the lists beside it lack
    what is required, is told and left out, as long as the file is of use for another."""
    columns, lists = Columns(raw.table.column_names, raw.name), {spec.list for spec, _ in pairs}
    lacks = {id(spec): lacking(spec, columns, lists) for spec in specs}
    usable = taken(specs, lacks)
    for spec in specs:
        if spec not in usable and spec.target not in {*HELPERS, *(s.target for s in usable)}:
            gathered.decisions.append(Note.of("N_ABSENT", file=raw.name, table=spec.target, columns=lacks[id(spec)]))
    return usable


def _read(path: Path, specs: Sequence[TableSpec], settings: Settings, gathered: Gathered) -> RawTable | None:
    """The raw table; an empty file of an optional table is told and skipped."""
    try:
        raw = read_raw(path, settings.limits)
    except MvpodError as error:
        if may_be_empty(error, specs):
            gathered.warnings.append(Note.of("N_EMPTY", file=shown(path.name)))
            return None
        raise
    gathered.decisions += raw.notes
    gathered.sources.append({"name": raw.name, "sha256": raw.sha256})
    return raw
