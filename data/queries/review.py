"""What a quarterly review asks of single opportunities."""

from __future__ import annotations

from datetime import date

import pandas as pd

from data.queries.asking import Slice, run
from data.scope import UNKNOWN
from data.shelf import Cursor


def then_and_now(cursor: Cursor, slice_: Slice, *, today: date, largest: int) -> pd.DataFrame:
    """The largest open ones of the slice's as-of date per segment, and their state `today` (sql/then_and_now.sql)."""
    answer = run(cursor, "then_and_now", slice_, today=today, largest=largest)
    return answer.assign(segment=answer["segment"].astype("str").fillna(UNKNOWN))
