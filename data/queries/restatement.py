"""What two loads know of the same opportunities."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from data.queries.asking import Slice, run
from data.shelf import Cursor


def restatement_states(cursor: Cursor, slice_: Slice, ids: Iterable[str]) -> pd.DataFrame:
    """The states in which some opportunities stood on the as-of date (sql/restatement_states.sql); of those that the
    scope does not show, only that they are there (is_mine false)."""
    return run(cursor, "restatement_states", slice_, ids=sorted(set(ids)))
