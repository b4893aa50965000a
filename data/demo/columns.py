"""From numpy to canonical Arrow tables: texts by code, days to dates, whole money to DECIMAL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.contracts import ARROW, TABLES
from data.demo.plan import Flags, Floats, Ints

MICROSECONDS_A_DAY = 86_400_000_000
#: working hours 09:00-18:00 in China are 01:00-10:00 UTC, so that an instant has one date in both
DAY_STARTS, DAY_ENDS = 1 * 3600, 10 * 3600
#: the day of China ends 16 hours after it began in UTC
MIDNIGHT_IN_CHINA = 16 * 3600


#: Columns of no more different words are kept as numbers of words: a tenth of the memory and of the time.
FEW_WORDS = 256


def table(name: str, columns: Mapping[str, pa.Array]) -> pa.Table:
    """The canonical table `name` from the columns given, texts of few words by number (`spelled_out` is the contract's
    schema); the others are NULL. KeyError for a column it has not."""
    schema = TABLES[name].schema()
    if unknown := set(columns) - set(schema.names):
        raise KeyError(f"{name} has no columns {sorted(unknown)}")
    rows = len(next(iter(columns.values())))
    return pa.table({f.name: columns[f.name] if f.name in columns else pa.nulls(rows, f.type) for f in schema})


def spelled_out(name: str, table: pa.Table) -> pa.Table:
    """A canonical table with every text in full, in the schema of the contract."""
    return table.cast(TABLES[name].schema())


def texts(words: Sequence[str | None] | pa.Array, codes: Ints) -> pa.Array:
    """The word of each code, by number where there are few words; a code below 0 is NULL."""
    source = words if isinstance(words, pa.Array) else pa.array(words, pa.string())
    if len(source) > FEW_WORDS or source.null_count:
        return source.take(pa.array(codes, mask=codes < 0))
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int16), mask=codes < 0), source)


def constant(word: str, rows: int) -> pa.Array:
    """The same word in every row."""
    return pa.repeat(pa.scalar(word, pa.string()), rows)


def dates(days: Ints, missing: Flags | None = None) -> pa.Array:
    """Dates; NULL where `missing`."""
    return pa.array(days.astype(np.int32), mask=missing).cast(pa.date32())


def instants(days: Ints, seconds: Ints, missing: Flags | None = None) -> pa.Array:
    """Instants in UTC: a day and seconds since its midnight; NULL where `missing`."""
    return pa.array(days * MICROSECONDS_A_DAY + seconds * 1_000_000, mask=missing).cast(ARROW["instant"])


def money(values: Floats | Ints, missing: Flags | None = None) -> pa.Array:
    """Whole units of money as DECIMAL(18, 2); NULL where `missing`."""
    whole = np.round(np.where(missing, 0, values) if missing is not None else values).astype(np.int64)
    return pa.array(whole, mask=missing).cast(pa.decimal128(21, 2)).cast(ARROW["money"])


def numbers(values: Floats, missing: Flags | None = None) -> pa.Array:
    """Doubles; NULL where `missing`."""
    return pa.array(np.asarray(values, np.float64), mask=missing)


def integers(values: Ints, missing: Flags | None = None) -> pa.Array:
    """64-bit integers; NULL where `missing`."""
    return pa.array(np.asarray(values, np.int64), mask=missing)


def flags(values: Flags) -> pa.Array:
    """Booleans."""
    return pa.array(np.asarray(values, np.bool_))


def ids(prefix: str, count: int, width: int) -> pa.Array:
    """`count` ids such as A0001, A0002, …"""
    digits = pc.utf8_lpad(pa.array(np.arange(1, count + 1)).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(pa.scalar(prefix), digits, "")


def office_seconds(rng: np.random.Generator, rows: int) -> Ints:
    """Random seconds of the day within office hours."""
    return rng.integers(DAY_STARTS, DAY_ENDS, rows)


def latest(owners: Ints, days: Ints, of: Ints, at: Ints) -> Ints:
    """For each query (of, at): index of the last event of that owner on or before that day; -1 if there is none.

    Events are sorted by (owner, day); among those of one day the last one counts.
    """
    span = 1 << 20  # more than any day number
    found = np.searchsorted(owners * span + days, of * span + at, side="right") - 1
    return np.where((found >= 0) & (owners[found] == of), found, -1)


def expand(counts: Ints) -> tuple[Ints, Ints]:
    """For groups of the given sizes: the group of each row, and the position of each row within its group."""
    group = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return group, np.arange(len(group)) - starts[group]
