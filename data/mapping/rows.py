"""Which rows a profile makes of a file, before any cell is read: columns looked up, conditions, wide columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.mapping.columns import Columns
from data.mapping.parsing import as_text, normal_ids
from data.mapping.table_spec import TableSpec

#: The columns of rows that were made of wide ones: when, and which stage.
AT, STAGE = "\x00at", "*"
#: list -> its entries (columns key and value; keys once)
Lists = Mapping[str, pa.Table]


def text_of(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Any column as text."""
    if pa.types.is_string(column.type):
        return column
    return pa.chunked_array([as_text(chunk) for chunk in column.chunks], pa.string())


def blank_as_null(text: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """Trimmed texts, empty ones as null."""
    trimmed = pc.utf8_trim_whitespace(text)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def looked_up(table: pa.Table, spec: TableSpec, lists: Lists) -> pa.Table:
    """`table` with the columns that the profile looks up in lists, as far as their sources and lists are there."""
    for name, lookup in spec.lookup.items():
        columns = Columns(table.column_names, "")
        found = columns.find_all(spec.expanded(lookup.sources))
        if not found or name in table.column_names or lookup.list not in lists:
            continue
        entries = lists[lookup.list]
        text = normal_ids(pc.coalesce(*(blank_as_null(text_of(table.column(f))) for f in found)), spec.ids)
        position = pc.index_in(text, value_set=entries.column("key").combine_chunks())
        table = table.append_column(name, entries.column("value").combine_chunks().take(position))
    return table


def entries_of(table: pa.Table, spec: TableSpec) -> pa.Table:
    """A mapped list as `looked_up` wants it: keys that are lists of keys each on its own, the first of equal keys."""
    key, value = (table.column(c).combine_chunks() for c in ("key", "value"))
    if separator := spec.lists.get("key"):
        parts = pc.split_pattern(key, separator)
        value, key = value.take(pc.list_parent_indices(parts)), pc.utf8_trim_whitespace(pc.list_flatten(parts))
    key = normal_ids(pa.chunked_array([key]), spec.ids).combine_chunks()
    entries = pa.table({"key": key, "value": value, "i": np.arange(len(key))})
    first = entries.group_by("key", use_threads=False).aggregate([("i", "min")]).column("i_min")
    return entries.take(first)


def condition_text(table: pa.Table, spec: TableSpec, source: str) -> pa.ChunkedArray | None:
    """What a condition looks at: the texts of a column in small letters, of several columns (`a|b`) joined by '|'. None
    if the file has no such column."""
    columns = Columns(table.column_names, "")
    names = [columns.find_all(spec.expanded([part])) for part in source.split("|")]
    if not any(names):
        return None
    texts = [pc.fill_null(pc.utf8_lower(pc.coalesce(*(blank_as_null(text_of(table.column(n))) for n in found))), "")
             if found else pa.chunked_array([pa.array([""] * table.num_rows)]) for found in names]
    return texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, "|")


def fulfils(text: pa.ChunkedArray, allowed: Sequence[str]) -> pa.ChunkedArray:
    """Whether each text is one of `allowed`, in which '*' stands for anything; alone, for anything but nothing."""
    patterns = [w.strip().lower() for w in allowed]
    if patterns == ["*"]:
        return pc.not_equal(text, "")
    if not any("*" in p for p in patterns):
        return pc.is_in(text, value_set=pa.array(patterns, pa.string()))
    distinct = pc.unique(text)
    hits = [v for v in distinct.to_pylist() if any(fnmatchcase(v, p) if p != "*" else v for p in patterns)]
    return pc.is_in(text, value_set=pa.array(hits, pa.string()))


def unpivoted(table: pa.Table, rows: pa.Array, wide: Mapping[str, str]) -> tuple[pa.Table, pa.Array]:
    """One row per filled cell of the wide columns (column -> stage), in the order of the rows and then of the columns,
    with the columns AT and STAGE; and the numbers of the rows they come from."""
    parts, numbers, order = [], [], []
    for position, (name, stage) in enumerate(wide.items()):
        cell = text_of(table.column(name))
        filled = pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(cell), ""), False)
        constant = pa.array([stage] * table.num_rows, pa.string())
        parts.append(table.append_column(AT, cell).append_column(STAGE, constant).filter(filled))
        kept = rows.filter(filled.combine_chunks())
        numbers.append(kept)
        order.append(pc.add(pc.multiply(kept, len(wide)), position))
    index = pc.sort_indices(pa.concat_arrays(order))
    return pa.concat_tables(parts).take(index), pa.concat_arrays(numbers).take(index)
