"""Which file feeds which table of a profile: by its name, and what no name brings, by its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from data.errors import MvpodError
from data.mapping.columns import Columns
from data.mapping.profile import Profile, TableSpec
from data.mapping.table_spec import HELPERS
from data.reading.readers import read_header, shown
from data.settings import Import

SUFFIXES = (".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".parquet")
#: Fewer known columns than these say nothing, and in a file that has many others.
FEWEST, FEW = 3, 5
Pairs = list[tuple[TableSpec, Path]]


def files_of(paths: Sequence[Path | str]) -> list[Path]:
    """The given files, and of a folder the tables that lie in it (not those of its sub-folders).
    E_FILE_MISSING for whatever of them does not exist, E_NO_FILE."""
    found: list[Path] = []
    if missing := [shown(str(p)) for p in map(Path, paths) if not p.exists() and not p.is_symlink()]:
        raise MvpodError("E_FILE_MISSING", files=missing)
    for path in map(Path, paths):
        if path.is_dir():
            found += sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and not p.is_dir()
                            and not p.name.startswith((".", "~$")))
        else:
            found.append(path)
    if not found:
        raise MvpodError("E_NO_FILE", given=[str(p) for p in paths], expected="CSV, XLSX, Parquet")
    return list(dict.fromkeys(found))


def assign(files: Sequence[Path], profile: Profile, limits: Import | None = None) -> tuple[Pairs, Pairs]:
    """Which file feeds which tables, and those of the pairs that columns decided. E_NO_FILE for a table that is not
    optional and gets no file."""
    named = by_name(files, profile)
    told = by_columns(headers_of(left, limits), profile, named) if (left := _left(files, profile, named)) else []
    pairs = named + told
    missing = _unfed(profile, pairs)
    if missing or not pairs:
        patterns = missing[0].files if missing else [p for spec in profile.tables for p in spec.files][:12]
        raise MvpodError("E_NO_FILE", given=[shown(p.name) for p in files], expected=" | ".join(patterns))
    return pairs, told


def matched(headers: Mapping[Path, Columns], profile: Profile) -> tuple[Pairs, Pairs]:
    """The same for files of which the columns are known, however incomplete."""
    named = by_name(list(headers), profile)
    left = _left(list(headers), profile, named)
    told = by_columns({path: headers[path] for path in left}, profile, named)
    return named + told, told


def _unfed(profile: Profile, pairs: Sequence[tuple[TableSpec, Path]]) -> list[TableSpec]:
    """The tables that must have a file and have none."""
    fed = [spec for spec, _ in pairs]
    return [spec for spec in profile.tables if not spec.optional and spec not in fed]


def _left(files: Sequence[Path], profile: Profile, named: Pairs) -> list[Path]:
    """The files whose columns are to decide: those without a table, as long as names leave out what is needed."""
    used = {path for _, path in named}
    return [path for path in files if path not in used] if not named or _unfed(profile, named) else []


def by_name(files: Sequence[Path], profile: Profile) -> Pairs:
    """Files and tables by the patterns of the profile, the longest one that matches a file."""
    pairs: Pairs = []
    for path in files:
        fits = [(max(len(p) for p in spec.files if TableSpec(spec.target, (p,)).matches(path.name)), spec)
                for spec in profile.tables if spec.matches(path.name)]
        best = max((length for length, _ in fits), default=0)
        pairs += [(spec, path) for length, spec in fits if length == best]
    return pairs


def by_columns(headers: Mapping[Path, Columns], profile: Profile,
               named: Sequence[tuple[TableSpec, Path]] = ()) -> Pairs:
    """Files and tables by what their columns say: the table that understands most of a file. That must be half of the
    file's columns, or half of what the table can hold (some exports have hundreds of columns of their own) and not
    next to nothing. Where names have told some tables already, only for those that still must have a file. A list
    that helps to read a file comes with it, and is never what a file is told by."""
    wanted = _unfed(profile, named) if named else list(profile.tables)
    pairs: Pairs = []
    for path, columns in headers.items():
        counts = [(understood(spec, columns) or 0, spec) for spec in wanted]
        most, best = max((c for c in counts if c[1].target not in HELPERS), key=lambda c: c[0], default=(0, None))
        is_half = 2 * most >= len(columns.names) and most >= FEWEST
        if best is not None and (is_half or 2 * most >= max(len(best.fed()), 2 * FEW)):
            pairs += [(spec, path) for count, spec in counts if count and spec.files == best.files]
    return pairs


def headers_of(files: Sequence[Path], limits: Import | None = None) -> dict[Path, Columns]:
    """The columns of every file that can be read."""
    headers: dict[Path, Columns] = {}
    for path in files:
        try:
            headers[path] = Columns(read_header(path, limits), shown(path.name))
        except MvpodError:
            continue
    return headers


def is_fed(spec: TableSpec, name: str, columns: Columns) -> bool:
    """Whether a file brings a canonical column. E_COLUMN_AMBIGUOUS if several of its columns fit equally well."""
    if name in spec.constants:
        return True
    if spec.unpivot and name in ("changed_at", "to_stage"):
        return bool(spec.unpivoted(columns.names))
    return bool(columns.find_all(spec.sources_of(name)))


def lacking(spec: TableSpec, columns: Columns, lists: AbstractSet[str]) -> tuple[str, ...]:
    """What a table needs and neither a file nor the `lists` beside it have: required canonical columns, else source
    columns of the profile's conditions. () = rows can come out of the file. E_COLUMN_AMBIGUOUS."""
    absent = tuple(c.name for c in spec.table.columns if c.required and not is_fed(spec, c.name, columns))
    asked = [w for w, allowed in spec.where.items() if "" not in allowed]
    absent = absent or tuple(w for w in asked if not columns.find_all(spec.expanded(w.split("|"), always=True)))
    return absent or tuple(w for w in asked if w in spec.lookup and spec.lookup[w].list not in lists)


def taken(specs: Sequence[TableSpec], lacks: Mapping[int, Sequence[str]]) -> list[TableSpec]:
    """The tables of a file that are read, of those that it is for; `lacks`: by id of the table, what it lacks. One that
    need not be there is left out where the file lacks something and is of use for another. What is taken although it
    lacks something stops the import."""
    usable = [spec for spec in specs if not lacks[id(spec)] or not spec.optional]
    return usable or list(specs)


def may_be_empty(error: MvpodError, specs: Sequence[TableSpec]) -> bool:
    """Whether an import goes on without a file that cannot be read: one without rows, of tables that need not be."""
    return error.code == "E_EMPTY" and all(spec.optional and spec.target != "opportunity" for spec in specs)


def understood(spec: TableSpec, columns: Columns) -> int | None:
    """How many columns of a file a table of the profile understands; None if a required one is missing."""
    wanted = {name: spec.sources_of(name) for name in spec.fed() if name not in spec.constants}
    wanted = {name: sources for name, sources in wanted.items() if sources}
    if spec.unpivot:
        wanted = {**{n: s for n, s in wanted.items() if n not in ("changed_at", "to_stage")},
                  "changed_at": tuple(spec.unpivoted(columns.names))}
    try:
        found = {name: columns.find_all(sources) for name, sources in wanted.items()}
        conditions = {w: columns.find_all(spec.expanded(w.split("|"), always=True)) for w in spec.where}
    except MvpodError:
        return None
    required = {c.name for c in spec.table.columns if c.required} & set(wanted)
    has_conditions = all(conditions[w] or "" in allowed for w, allowed in spec.where.items())
    if not has_conditions or not all(found[name] for name in required):
        return None
    return len({source for sources in (*found.values(), *conditions.values()) for source in sources})
