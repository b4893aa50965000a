"""How good the data are, and which of their rows are missing or doubtful (METHOD B16, B17)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from data.queries.asking import MAX_ROWS, Slice, run
from data.settings import Settings
from data.shelf import Cursor

#: problems whose rows can be listed (sql/quality_rows.sql)
PROBLEMS = ("no_amount", "overdue", "no_segment", "undated", "uncreated", "deleted", "entry_unknown", "listed")
_CAPITALS, _LETTERS = (range(start, start + 26) for start in (0xFF21, 0xFF41))
#: full-width digits and letters, and what they are made
_WIDE = "".join(map(chr, [*range(0xFF10, 0xFF1A), *_CAPITALS, *_LETTERS]))
_NARROW = "".join(chr(ord(c) - 0xFEE0) for c in _WIDE)


def quality_rules(settings: Settings) -> dict[str, Any]:
    """What the queries of this file need to know of the settings."""
    rules = settings.quality
    return {
        "zone": settings.organisation.timezone,
        "similarity": rules.similarity,
        "largest_block": rules.largest_block,
        "fresh_days": rules.fresh_days,
        "unknown_words": list(rules.unknown_words),
        "placeholders": list(rules.placeholder_words),
        "wide": _WIDE,
        "narrow": _NARROW,
    }


def quality_fields(
    cursor: Cursor, slice_: Slice, by: Sequence[str] = (), **rules: Any
) -> pd.DataFrame:
    """Per group, pipeline and stage: which groups of fields are filled in (sql/quality_fields.sql)."""
    return run(cursor, "quality_fields", slice_, by, own=("pipeline", "stage"), **rules)


def quality_unknown(
    cursor: Cursor, slice_: Slice, by: Sequence[str] = (), **rules: Any
) -> pd.DataFrame:
    """Per group: open opportunities without a value of each dimension, and changed lately (sql/quality_unknown.sql)."""
    return run(cursor, "quality_unknown", slice_, by, **rules)


def quality_twins(
    cursor: Cursor, slice_: Slice, by: Sequence[str] = (), **rules: Any
) -> pd.DataFrame:
    """Pairs of open opportunities that may be one (sql/quality_twins.sql), with the groups of the second."""
    return run(cursor, "quality_twins", slice_, by, **rules)


def quality_codes(
    cursor: Cursor, slice_: Slice, by: Sequence[str] = (), **rules: Any
) -> pd.DataFrame:
    """Company codes of the accounts with open opportunities (sql/quality_codes.sql)."""
    return run(cursor, "quality_codes", slice_, **rules)


def quality_sources(
    cursor: Cursor, slice_: Slice, by: Sequence[str] = (), **rules: Any
) -> pd.DataFrame:
    """Last and first day of each source (sql/quality_sources.sql)."""
    return run(cursor, "quality_sources", slice_, **rules)


def quality_gaps(
    cursor: Cursor, slice_: Slice, by: Sequence[str] = (), **rules: Any
) -> pd.DataFrame:
    """Per segment: the rows that could move a headline (sql/quality_gaps.sql)."""
    return run(cursor, "quality_gaps", slice_, **rules)


def quality_rows(
    cursor: Cursor,
    slice_: Slice,
    problem: str,
    *,
    segment: str | None = None,
    ids: Sequence[str] = (),
    limit: int = 200,
) -> pd.DataFrame:
    """The opportunities behind a problem, and their `total` (sql/quality_rows.sql, sql/listing.sql)."""
    if problem not in PROBLEMS:
        raise ValueError(f"{problem} is none of {PROBLEMS}")
    return run(
        cursor,
        "listing",
        slice_,
        behind="quality_rows",
        problem=problem,
        segment=segment,
        ids=list(ids),
        limit=min(limit, MAX_ROWS),
    )
