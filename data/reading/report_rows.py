"""What a report has beside its rows: lines above and below the table, group lines and totals, and columns that name a
group only once. They are emptied, not removed, so that row numbers stay those of the file; how many is told."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.notes import Note
from data.reading.readers import RawTable

#: A report marks the columns by which it groups with the order in which the groups stand.
ARROWS = ("↑", "↓")
#: What the first filled cell of a line says that sums up others.
_TOTAL = re.compile(r"(?:sub|grand )?totals?|count|sum|(?:记录)?计数|小计|总计|合计|总和", re.IGNORECASE)
_ONE, _EXAMPLES = 1, 3


def without_frame(raw: RawTable, titles: list[str]) -> RawTable:
    """A report as a plain table; any other table as it is. `titles`: the lines that stood above the header."""
    names = raw.table.column_names
    groups = [n for n in names if n.endswith(ARROWS)]
    if not groups and not titles:
        return raw
    filled = np.sum([np.asarray(pc.is_valid(c)) for c in raw.table.columns], axis=0)
    first = pc.coalesce(*(pc.utf8_trim_whitespace(c) for c in raw.table.columns)).to_pylist()
    is_frame = np.array([n == _ONE or bool(text and _TOTAL.fullmatch(text)) for n, text in zip(filled, first)], bool)
    rows = pa.array(~is_frame)
    columns = []
    for name, column in zip(names, raw.table.columns):
        kept = pc.if_else(rows, column.combine_chunks(), pa.scalar(None, pa.string()))
        columns.append(pc.if_else(rows, pc.fill_null_forward(kept), kept) if name in groups else kept)
    said = [*titles, *(text for text, is_it in zip(first, is_frame) if is_it and text)]
    note = Note.of("N_REPORT", file=raw.name, count=len(said), examples=said[:_EXAMPLES],
                   groups=[_bare(n) for n in groups])
    return replace(raw, table=pa.table(columns, names=[_bare(n) for n in names]), notes=(*raw.notes, note))


def _bare(name: str) -> str:
    return name.rstrip("".join(ARROWS) + " ")
