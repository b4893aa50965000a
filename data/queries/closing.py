"""How opportunities end: won, lost, overdue, by time and stage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd

from data.queries.asking import STAGED, Slice, run
from data.shelf import Cursor


def closings(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group: opportunities closed in the period, by outcome and amount (sql/closings.sql)."""
    return run(cursor, "closings", slice_, by)


def closings_by(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *, unit: str) -> pd.DataFrame:
    """The same per week or month of closing (sql/closings_by.sql)."""
    return run(cursor, "closings_by", slice_, by, unit=unit)


def closings_each(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *,
                  unit: str, fiscal_year_start: int = 1) -> pd.DataFrame:
    """Won and lost per week, month or quarter of the fiscal year, for each group of `by` on its own and for all
    (sql/closings_each.sql).

    Whole units of everything, or of some segments and teams, are added up from what is kept
    (sql/closings_each_whole.sql).
    """
    shift = (fiscal_year_start - 1) % 3
    is_whole = all(_begins(day, unit, shift) for day in (slice_.start, slice_.until + timedelta(days=1)) if day)
    is_kept = is_whole and {dimension for dimension, _ in slice_.filters.chosen} <= {"segment", "team"}
    return run(cursor, "closings_each_whole" if is_kept else "closings_each", slice_, by, unit=unit, shift=shift)


def _begins(day: date, unit: str, shift: int) -> bool:
    """Is it the first day of a unit?"""
    if unit == "week":
        return day.weekday() == 0
    return day.day == 1 and (unit != "quarter" or (day.month - 1 - shift) % 3 == 0)


def closing_horizon(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """How far back closings are complete, one row (sql/closing_horizon.sql)."""
    return run(cursor, "closing_horizon", slice_, by)


def created_outcomes(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group: outcomes of those created in the period (sql/created_outcomes.sql)."""
    return run(cursor, "created_outcomes", slice_, by)


def stage_outcomes(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, furthest stage and group: won and lost (sql/stage_outcomes.sql)."""
    return run(cursor, "stage_outcomes", slice_, by, own=STAGED)


def losses(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *, cut: date) -> pd.DataFrame:
    """Won and lost before and since a day, by main competitor and furthest stage (sql/losses.sql)."""
    return run(cursor, "losses", slice_, cut=cut)


def overdue(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group: open opportunities past their expected close (sql/overdue.sql)."""
    return run(cursor, "overdue", slice_, by)


def overdue_flow(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group and day: by how many the number of overdue ones changed (sql/overdue_flow.sql)."""
    return run(cursor, "overdue_flow", slice_, by)
