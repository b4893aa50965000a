"""A raw table and a table of a profile: typed rows of the contract, and every row that is refused with its reason.

Work is done on the distinct values of a column, never row by row. Nothing is repaired silently: what the profile
replaces is counted, what cannot be read goes to quarantine with file, row, column, rule and value.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fnmatch import fnmatchcase

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.contracts import ARROW, Column
from data.errors import MvpodError, nearest
from data.mapping.columns import Columns
from data.mapping.dates import ORDERS, DateFormat, proven_order
from data.mapping.parsing import NumberFormat, Parsed, as_text, clean, is_id, normal_ids, parse, parse_typed
from data.mapping.rows import AT, STAGE, Lists, blank_as_null, condition_text, fulfils, looked_up, text_of, unpivoted
from data.mapping.table_spec import HELPERS, TableSpec, ValueMap
from data.notes import EXAMPLES, Note
from data.reading.readers import RawTable
from data.settings import Settings

REJECTS = pa.schema([
    ("target", pa.string()), ("file", pa.string()), ("row", pa.int64()), ("column", pa.string()),
    ("rule", pa.string()), ("value", pa.string()),
])
SNAPSHOT_DATE = Column("snapshot_date", "date")
#: Columns beside those of the contract while rows are being checked.
ROW, FILE = "_row", "_file"
#: So many rows show whether the values of a column repeat.
_SAMPLE = 20_000


@dataclass(frozen=True)
class Mapped:
    """Rows of one target out of one file. `table` has the importable columns of the contract, `extra`, `_row` and
    `_file`; `read` counts the rows of the file, `filtered` those that the profile leaves out or that are empty,
    `quarantined` the rows that `rejects` refuses (a row may break several rules)."""

    target: str
    table: pa.Table
    rejects: pa.Table
    read: int
    filtered: int
    quarantined: int
    notes: tuple[Note, ...]
    #: the quarantined rows, as far as they could be read
    refused: pa.Table


@dataclass
class _Work:
    """What is needed all along, and the notes that gather on the way."""

    raw: RawTable
    spec: TableSpec
    columns: Columns
    dates: DateFormat
    con: duckdb.DuckDBPyConnection
    notes: list[Note]
    #: the numbers in the file of the rows that are mapped
    rows: pa.Array | None = None
    #: columns of which another table takes stages
    used: Collection[str] = ()


def map_table(raw: RawTable, spec: TableSpec, settings: Settings, as_of: date, con: duckdb.DuckDBPyConnection,
              lists: Lists | None = None, used: Collection[str] = ()) -> Mapped:
    """Rows of `spec.target` out of `raw`; what they are called is looked up in `lists`. `used`: columns of which an
    other table of the profile takes stages, so that they are not kept beside the row.

    Raises E_COLUMN_MISSING (a required column has no source in the file, with the nearest name), E_DATE_AMBIGUOUS,
    E_DATE_MIXED, E_COLUMN_AMBIGUOUS.
    """
    home = settings.organisation.timezone
    if spec.lookup:
        raw = replace(raw, table=looked_up(raw.table, spec, lists or {}))
    dates = DateFormat(spec.date_formats, None, spec.timezone or home, home, raw.excel_epoch, _latest(as_of))
    work = _Work(raw, spec, Columns(raw.table.column_names, raw.name), dates, con, [], used=used)
    _check_columns(work)
    table, rows = _kept_rows(work)
    read, filtered = raw.table.num_rows, raw.table.num_rows - table.num_rows
    if spec.unpivot:
        table, rows = _unpivoted(table, rows, work)
        filtered, read = 0, len(rows)
        work.columns = Columns([*(table := looked_up(table, spec, lists or {})).column_names], raw.name)
    work.dates, work.rows = _with_order(table, work), rows
    typed, rejects, bad = _typed(table, rows, work)
    sound = typed.filter(pc.invert(bad)) if rejects.num_rows else typed
    refused = typed.filter(bad) if rejects.num_rows else typed.slice(0, 0)
    return Mapped(spec.target, sound, rejects, read, filtered, refused.num_rows, tuple(work.notes), refused)


def _latest(as_of: date) -> date:
    """Ten years after the as-of date: plans may reach far, slips of the keyboard reach farther."""
    return as_of.replace(year=as_of.year + 10) if (as_of.month, as_of.day) != (2, 29) else as_of + timedelta(days=3652)


def _check_columns(work: _Work) -> None:
    """Every required column needs a source; what else the profile names and the file lacks is told."""
    spec, absent = work.spec, []
    for name in sorted(spec.fed()):
        wanted = spec.sources_of(name)
        if name in spec.constants or not wanted or work.columns.find_all(wanted):
            continue
        if spec.unpivot and name in ("changed_at", "to_stage"):
            continue
        column = SNAPSHOT_DATE if name == "snapshot_date" else spec.table.column(name)
        if column.required:
            raise _missing(work, name, list(wanted))
        absent.append(name)
    if spec.target == "opportunity":
        key, names = (work.columns.find_all(spec.sources_of(c)) for c in ("opportunity_id", "name"))
        if set(key[:1]) & set(names):
            work.notes.append(Note.of("N_KEYED_BY_NAME", file=work.raw.name, column=key[0]))
    if absent and any(sources != (name,) for name, sources in spec.columns.items()):
        work.notes.append(Note.of("N_ABSENT", file=work.raw.name, table=spec.target, columns=absent))


def _missing(work: _Work, column: str, wanted: list[str]) -> MvpodError:
    names = work.columns.names
    return MvpodError("E_COLUMN_MISSING", file=work.raw.name, table=work.spec.target, column=column, expected=wanted,
                      found=names[:40], hint=nearest(wanted[0], names))


def _kept_rows(work: _Work) -> tuple[pa.Table, pa.Array]:
    """The rows that the profile wants and that hold anything, and their numbers in the file."""
    table = work.raw.table
    mask: pa.ChunkedArray | pa.Array = pa.array(np.ones(table.num_rows, bool))
    for source, allowed in work.spec.where.items():
        text = condition_text(table, work.spec, source)
        if text is not None:
            hit = fulfils(text, allowed)
            _tell_left_out(work, source, text.filter(pc.and_not(mask, hit)))
            mask = pc.and_(mask, hit)
        elif "" not in allowed:  # a column that is not there is a column of nothing
            raise _missing(work, "where", [source])
    empty = pa.array(np.zeros(table.num_rows, bool))
    if all(c.null_count for c in table.columns):
        empty = table.columns[0].is_null()
        for column in table.columns[1:]:
            empty = pc.and_(empty, column.is_null())
    rows = pa.array(np.arange(table.num_rows, dtype=np.int64) + work.raw.first_row)
    keep = pc.and_not(mask, empty)
    if pc.all(keep).as_py() or table.num_rows == 0:
        return table, rows
    keep = keep.combine_chunks() if isinstance(keep, pa.ChunkedArray) else keep
    return table.filter(keep), rows.filter(keep)


def _tell_left_out(work: _Work, source: str, texts: pa.ChunkedArray) -> None:
    if len(texts) and work.spec.target not in HELPERS:
        values = [v or "-" for v in pc.unique(texts).slice(0, EXAMPLES).to_pylist()]
        work.notes.append(Note.of("N_LEFT_OUT", file=work.raw.name, table=work.spec.target, count=len(texts),
                                  column=source, values=values))


def _unpivoted(table: pa.Table, rows: pa.Array, work: _Work) -> tuple[pa.Table, pa.Array]:
    """One row per filled stage-date column; columns that the profile names and the file lacks are told."""
    wide = work.spec.unpivoted(table.column_names)
    absent = [w for w, stage in work.spec.unpivot.items() if "*" not in w and stage and work.columns.find(w) is None]
    if not wide:
        raise _missing(work, "changed_at", list(work.spec.unpivot))
    if absent:
        work.notes.append(Note.of("N_ABSENT", file=work.raw.name, table=work.spec.target, columns=absent))
    return unpivoted(table, rows, wide)


def _with_order(table: pa.Table, work: _Work) -> DateFormat:
    """The date format with the day-month order that the file proves, where the profile declares none."""
    if work.spec.date_formats:
        return work.dates
    found: dict[str, pa.Array] = {}
    for name in work.spec.fed():
        column = SNAPSHOT_DATE if name == "snapshot_date" else work.spec.table.column(name)
        for source in _sources(name, work) if column.type in ("date", "instant") else []:
            if pa.types.is_string(table.column(source).type):
                found[source] = pc.drop_null(pc.utf8_trim_whitespace(pc.unique(table.column(source))))
    shown = [c if c != AT else "|".join(work.spec.unpivot) for c in sorted(found)]
    order = proven_order(list(found.values()), work.con, work.raw.name, shown)
    if order:
        texts = list(dict.fromkeys(v for array in found.values() for v in array.to_pylist()))
        work.notes.append(Note.of("N_DATE_ORDER", file=work.raw.name, order=ORDERS[order], columns=shown,
                                  count=len(texts), examples=[v for v in texts if _excludes(v, order)][:EXAMPLES]))
    return DateFormat(**{**work.dates.__dict__, "order": order})


def _excludes(text: str, order: str) -> bool:
    """Whether a date can be read in no other order: the number where others have the month is too large for one."""
    numbers = [int(n) for n in re.findall(r"\d+", text)[:2]]
    return len(numbers) == 2 and numbers[1 if order == "mdy" else 0] > 12


def _sources(name: str, work: _Work) -> list[str]:
    if work.spec.unpivot and name == "changed_at":
        return [AT]
    is_stage = work.spec.unpivot and name == "to_stage" and not work.spec.columns.get(name)
    return work.columns.find_all((STAGE,) if is_stage else work.spec.sources_of(name))


def _typed(table: pa.Table, rows: pa.Array, work: _Work) -> tuple[pa.Table, pa.Table, pa.Array]:
    """All rows typed, the rejects, and which rows break a rule."""
    contract = work.spec.table
    names = [*contract.names, *(["snapshot_date"] if contract.kind == "state" else [])]
    out: dict[str, pa.Array | pa.ChunkedArray] = {}
    rejects: list[pa.Table] = []
    bad = pa.array(np.zeros(len(rows), bool))
    for name in names:
        column = SNAPSHOT_DATE if name == "snapshot_date" else contract.column(name)
        text, parsed = _column(table, column, work)
        out[name] = parsed.values
        if parsed.is_date_only is not None and name == "changed_at":
            out["is_date_only"] = parsed.is_date_only
        rule = parsed.rule
        if column.required:
            empty = pc.and_(pc.is_null(parsed.values), pc.is_null(rule))
            rule = pc.if_else(empty, "required", rule) if pc.any(empty).as_py() else rule
        if rule.null_count < len(rule):
            bad = pc.or_(bad, pc.is_valid(rule))
            rejects.append(_rejected(work, name, rows, rule, text))
    if contract.name == "stage_change":
        out.setdefault("is_date_only", pa.array(np.zeros(len(rows), bool)))
        out["file_order"] = pa.array(np.arange(len(rows), dtype=np.int64))
    out["extra"] = _extra(table, work)
    out[ROW] = rows
    out[FILE] = pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(rows), np.int32)), pa.array([work.raw.name]))
    return pa.table(out), pa.concat_tables(rejects) if rejects else REJECTS.empty_table(), bad


def _rejected(work: _Work, name: str, rows: pa.Array, rule: pa.Array, text: pa.Array | None) -> pa.Table:
    bad = pc.is_valid(rule)
    rule, row = rule.filter(bad), rows.filter(bad)
    value = text.filter(bad) if text is not None else pa.nulls(len(rule), pa.string())
    constant = [pa.array([v] * len(rule), pa.string()) for v in (work.spec.target, work.raw.name, name)]
    return pa.table([constant[0], constant[1], row, constant[2], rule, pc.utf8_slice_codeunits(value, 0, 200)],
                    schema=REJECTS)


def _column(table: pa.Table, column: Column, work: _Work) -> tuple[pa.Array | None, Parsed]:
    """The original text (for rejects) and the parsed values of one canonical column, over all rows."""
    spec, size = work.spec, table.num_rows
    scale = spec.scale.get(column.name)
    if column.name in spec.constants and not _sources(column.name, work):
        constant = pa.array([spec.constants[column.name]])
        return _parsed_rows(constant, pa.array(np.zeros(size, np.int32)), column, work, None)
    sources = _sources(column.name, work)
    if not sources:
        return None, Parsed(pa.nulls(size, ARROW[column.type]), pa.nulls(size, pa.string()))
    if column.name in spec.values:
        text = _joined(table, spec.values[column.name], work)
        rest = work.columns.find_all(spec.expanded(spec.columns.get(column.name, ())))
        if text is not None and rest:  # the map goes first, the columns tell what it does not know
            text = pc.coalesce(_mapped(text, column, spec.values[column.name]),
                               *(blank_as_null(text_of(table.column(s))) for s in rest))
            return _from_text(text, column, work, scale, None)
        if text is not None:
            return _from_text(text, column, work, None, spec.values[column.name])
        sources = rest
    if len(sources) == 1 and not pa.types.is_string(table.column(sources[0]).type):
        values = table.column(sources[0]).combine_chunks()
        parsed = parse_typed(values, column, work.dates, scale, work.con)
        if parsed is not None:
            return (as_text(values) if parsed.rule.null_count < size else None), parsed
    texts = [_replaced(text_of(table.column(s)), s, work) for s in sources]
    text = texts[0] if len(texts) == 1 else pc.coalesce(*[blank_as_null(t) for t in texts])
    return _from_text(text, column, work, scale, None)


def _encoded(text: pa.ChunkedArray | pa.Array) -> tuple[pa.Array, pa.Array | None]:
    """Distinct values and, per row, which of them; all values and None where nearly every row has its own."""
    if len(text) > _SAMPLE and pc.count_distinct(text.slice(0, _SAMPLE)).as_py() > _SAMPLE // 2:
        return (text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text), None
    encoded = pc.dictionary_encode(text)
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries()
        if encoded.num_chunks == 0:
            return pa.array([], pa.string()), pa.array([], pa.int32())
        return encoded.chunk(0).dictionary, pa.concat_arrays([c.indices for c in encoded.chunks])
    return encoded.dictionary, encoded.indices


def _replaced(text: pa.ChunkedArray, source: str, work: _Work) -> pa.ChunkedArray:
    """The profile's spelling repairs of a source column, counted."""
    for wanted, repairs in work.spec.replace.items():
        if work.columns.find(wanted) != source:
            continue
        distinct, index = _encoded(text)
        index = pa.array(np.arange(len(distinct))) if index is None else index
        trimmed = pc.utf8_trim_whitespace(distinct)
        position = pc.index_in(trimmed, value_set=pa.array(list(repairs), pa.string()))
        which = np.asarray(pc.fill_null(index, -1))
        for old, new in repairs.items():
            olds = np.flatnonzero(np.asarray(pc.fill_null(pc.equal(trimmed, old), False)))
            hits = np.flatnonzero(np.isin(which, olds))
            if len(hits):
                rows = [] if work.rows is None else work.rows.take(pa.array(hits[:EXAMPLES])).to_pylist()
                work.notes.append(Note.of("N_REPLACED" if new else "N_BLANKED", file=work.raw.name, column=source,
                                          old=old, new=new, count=len(hits), rows=rows))
        new_values = pa.array([v or None for v in repairs.values()], pa.string()).take(position)
        repaired = pc.if_else(pc.is_valid(position), new_values, distinct)
        return pa.chunked_array([repaired.take(index)])
    return text


def _mapped(text: pa.ChunkedArray | pa.Array, column: Column, values: ValueMap) -> pa.ChunkedArray:
    """What a value map makes of each row, null where it knows nothing."""
    distinct, index = _encoded(text)
    translated = _translated(clean(distinct, column), values)
    return pa.chunked_array([translated if index is None else translated.take(index)])


def _joined(table: pa.Table, values: ValueMap, work: _Work) -> pa.ChunkedArray | pa.Array | None:
    """The source text of a value map; of several sources the texts joined by '|', absent ones empty. None if the file
    has none of them."""
    found = [work.columns.find_all(work.spec.expanded(names)) for names in values.sources]
    if not any(found):
        return None
    parts = []
    for names in found:
        part = [blank_as_null(text_of(table.column(n))) for n in names] or [pa.nulls(table.num_rows, pa.string())]
        parts.append(pc.coalesce(*part))
    if len(parts) == 1:
        return parts[0]
    return pc.binary_join_element_wise(*parts, "|", null_handling="replace", null_replacement="")


def _from_text(text: pa.ChunkedArray | pa.Array, column: Column, work: _Work, scale: float | None,
               values: ValueMap | None) -> tuple[pa.Array, Parsed]:
    distinct, index = _encoded(text)
    cleaned = clean(distinct, column)
    if values is not None:
        cleaned = blank_as_null(_translated(cleaned, values))
        if values.default is not None and index is None:
            cleaned = pc.fill_null(cleaned, values.default)
        elif values.default is not None and index is not None and index.null_count:
            distinct, cleaned = (pa.concat_arrays([a, pa.array([v], pa.string())])
                                 for a, v in ((distinct, None), (cleaned, values.default)))
            index = pc.fill_null(index, pa.scalar(len(distinct) - 1, index.type))
    prefix = work.spec.prefixes.get(column.name)
    if prefix is not None:
        cleaned = pc.if_else(pc.starts_with(cleaned, prefix), cleaned, pa.scalar(None, pa.string()))
    if (separator := work.spec.lists.get(column.name)) and column.name != "key":  # keys are taken apart, all of them
        cleaned = pc.utf8_trim_whitespace(pc.list_element(pc.split_pattern(cleaned, separator, max_splits=1), 0))
    if is_id(column) or column.name == "changed_by":
        cleaned = normal_ids(cleaned, work.spec.ids)
    return _parsed_rows(cleaned, index, column, work, scale, distinct)


def _translated(texts: pa.Array, values: ValueMap) -> pa.Array:
    """Mapped values, the first that fits where the map has patterns; what it does not know becomes the default (or
    nothing)."""
    known = dict(values.mapping)
    if patterns := [p for p in known if "*" in p]:
        for text in filter(None, pc.unique(pc.utf8_lower(texts)).to_pylist()):
            if text not in known and (fit := next((p for p in patterns if fnmatchcase(text, p)), None)):
                known[text] = known[fit]
    position = pc.index_in(pc.utf8_lower(texts), value_set=pa.array(list(known), pa.string()))
    mapped = pa.array(list(known.values()), pa.string()).take(position)
    return mapped if values.default is None else pc.fill_null(mapped, values.default)


def _parsed_rows(distinct: pa.Array, index: pa.Array | None, column: Column, work: _Work, scale: float | None,
                 original: pa.Array | None = None) -> tuple[pa.Array, Parsed]:
    """Parses distinct texts and spreads them over the rows; the text is spread only where it is needed."""
    parsed = parse(distinct, column, work.dates, NumberFormat(work.spec.decimal, work.spec.thousands), scale, work.con)
    if index is None:
        return (distinct if original is None else original), parsed
    values = parsed.values.take(index)
    flags = parsed.is_date_only.take(index) if parsed.is_date_only is not None else None
    if parsed.rule.null_count == len(parsed.rule):
        return pa.nulls(len(index), pa.string()), Parsed(values, pa.nulls(len(index), pa.string()), flags)
    source = distinct if original is None else original
    return source.take(index), Parsed(values, parsed.rule.take(index), flags)


def _extra(table: pa.Table, work: _Work) -> pa.Array:
    """What the profile does not map, as JSON text per row (empty cells left out); null where nothing is left."""
    spec = work.spec
    used = {*(s for sources in (*spec.columns.values(), *(w.split("|") for w in spec.where)) for s in sources)}
    taken = {work.columns.find(s) for s in spec.expanded(sorted(used))} | {*spec.lookup}
    names = [n for n in table.column_names if n not in taken and n not in work.used]
    if not names or table.num_rows == 0 or spec.unpivot:  # the row itself belongs to another table
        return pa.nulls(table.num_rows, pa.string())
    if spec.target == "opportunity":
        work.notes.append(Note.of("N_EXTRA", file=work.raw.name, columns=names))
    return _as_json(table.select(names), work.con)


def _as_json(table: pa.Table, con: duckdb.DuckDBPyConnection) -> pa.Array:
    texts = pa.table({f"c{i}": text_of(c) for i, c in enumerate(table.columns)})
    texts = texts.append_column("i", pa.array(np.arange(table.num_rows, dtype=np.int64)))
    parts = ", ".join(f"CASE WHEN c{i} <> '' THEN ',' || to_json($k{i}::VARCHAR) || ':' || to_json(c{i}) ELSE '' END"
                      for i in range(table.num_columns))
    keys: Mapping[str, str] = {f"k{i}": name for i, name in enumerate(table.column_names)}
    con.register("x", texts)
    try:
        sql = (f"SELECT CASE WHEN t <> '' THEN '{{' || t[2:] || '}}' END AS extra "
               f"FROM (SELECT i, concat({parts}) AS t FROM x) ORDER BY i")
        return con.sql(sql, params=dict(keys)).to_arrow_table().column("extra").combine_chunks()
    finally:
        con.unregister("x")
