"""Where opportunities go, how long they take, what is open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd

from data.queries.asking import STAGED, Slice, run
from data.shelf import Cursor


def reach_counts(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage and group: n, reached, lost_only, no_decision, open, … (sql/reach_counts.sql)."""
    return run(cursor, "reach_counts", slice_, by, own=STAGED)


def strict_counts(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """The same of those that entered every stage in order (sql/strict_counts.sql)."""
    return run(cursor, "strict_counts", slice_, by, own=STAGED)


def reach_ages(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage, group and age in days: n still open (sql/reach_ages.sql)."""
    return run(cursor, "reach_ages", slice_, by, own=STAGED)


def reach_days(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *,
               horizon: int) -> pd.DataFrame:
    """Per pipeline, stage, group, outcome and days since it was reached: n (sql/reach_days.sql)."""
    return run(cursor, "reach_days", slice_, by, own=STAGED, horizon=horizon)


def stock_counts(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage, group: stock at the end of `before` and of the period (sql/stock_counts.sql)."""
    return run(cursor, "stock_counts", slice_, by, own=STAGED)


def cohort_counts(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage, group: what became of the stock of `before` (sql/cohort_counts.sql)."""
    return run(cursor, "cohort_counts", slice_, by, own=STAGED)


def visit_days(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage, group, outcome and days: visits (sql/visit_days.sql)."""
    return run(cursor, "visit_days", slice_, by, own=STAGED, kept_by=(*by, *STAGED))


def recent_visit_days(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Visits of the two years up to the as-of date, whatever the period and the groups: the stages' own pace."""
    return visit_days(cursor, slice_.with_(start=slice_.as_of - timedelta(days=730), end=None))


def stage_totals(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage, group: opportunities and the sum of their days (sql/stage_totals.sql)."""
    return run(cursor, "stage_totals", slice_, by, own=STAGED)


def transitions(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage, group: moves, of them back and over a stage (sql/transitions.sql)."""
    return run(cursor, "transitions", slice_, by, own=STAGED)


def flow(cursor: Cursor, slice_: Slice) -> pd.DataFrame:
    """Links from stage to stage of those that entered the pipeline in the period (sql/flow.sql)."""
    return run(cursor, "flow", slice_)


def cycle_closed(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group, outcome and days from creation to closing: n (sql/cycle_closed.sql)."""
    return run(cursor, "cycle_closed", slice_, by)


def cycle_created(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group, outcome and days since creation: n (sql/cycle_created.sql)."""
    return run(cursor, "cycle_created", slice_, by)


def open_stock(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage, group: open opportunities and their amount (sql/open_stock.sql)."""
    return run(cursor, "open_stock", slice_, by, own=STAGED)


def open_stock_on(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *,
                  days: Sequence[date]) -> pd.DataFrame:
    """The same at the end of each of `days`, whatever the as-of date (sql/open_stock_on.sql)."""
    return run(cursor, "open_stock_on", slice_, by, own=STAGED, days=list(days))
