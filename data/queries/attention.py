"""What needs attention: rules over everything that is open, what waits, and whether the rules mean anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from data.queries.asking import MAX_ROWS, Slice, run
from data.shelf import Cursor

#: Questions that the rules answer (`attention_<part>.sql`), and those that need no more than the view.
JUDGED = ("counts", "list", "pack", "hours", "spend")
PLAIN = ("waiting", "asleep", "points", "point_gaps", "point_lift", "outcomes", "known")


def attention(
    cursor: Cursor,
    slice_: Slice,
    by: Sequence[str] = (),
    *,
    part: str,
    limit: int = 200,
    **rules: Any,
) -> pd.DataFrame:
    """One answer (sql/attention_<part>.sql); `rules` are the limits of analytics/attention.py, as of that day.

    Counts by sellers are many rows: whoever filters by what they are grouped by gets some of those that are kept.
    """
    if part not in (*JUDGED, *PLAIN):
        raise ValueError(f"{part} is none of {(*JUDGED, *PLAIN)}")
    kept_by = by if part == "counts" else ()
    return run(cursor, f"attention_{part}", slice_, by, kept_by=kept_by, limit=min(limit, MAX_ROWS), **rules)


def attention_counts(
    cursor: Cursor, slice_: Slice, by: Sequence[str] = (), **rules: Any
) -> pd.DataFrame:
    """Per group and rule: known, broken, amounts (sql/attention_counts.sql)."""
    return attention(cursor, slice_, by, part="counts", **rules)
