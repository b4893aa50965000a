"""The stock of open opportunities: what moved it, what pushes it, what holds it, what it lacks, what it must reach."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd

from data.queries.asking import STAGED, Slice, run
from data.queries.closing import closings
from data.queries.stages import visit_days
from data.shelf import Cursor


def bridge(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group, way in, way out and change of amount: opportunities and amounts at first and at last
    (sql/bridge.sql). From the end of the day before the start (or 30 days before the last) to the last day."""
    return run(cursor, "bridge", slice_, by)


def pushes(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *, fiscal: int) -> pd.DataFrame:
    """Per group: open opportunities with an expected close, and the pushed ones (sql/pushes.sql)."""
    return run(cursor, "pushes", slice_, by, fiscal=fiscal)


def push_days(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *, fiscal: int) -> pd.DataFrame:
    """Per group and day: pushes, of them over the end of a fiscal quarter, and moves to an earlier date
    (sql/push_days.sql)."""
    return run(cursor, "push_days", slice_, by, fiscal=fiscal)


def open_ages(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage, group and calendar days in the stage: open ones and their amount (sql/open_ages.sql)."""
    return run(cursor, "open_ages", slice_, by, own=STAGED)


def stage_pace(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """`visit_days` of the two years up to the as-of date in calendar days, to hold the ages of `open_ages` against."""
    return visit_days(cursor, slice_.with_(start=slice_.as_of - timedelta(days=730), end=None, days="calendar"), by)


def concentration(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group: open amount, that of the ten largest accounts, sum of squares (sql/concentration.sql)."""
    return run(cursor, "concentration", slice_, by)


def largest_accounts(
    cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *, limit: int = 10
) -> pd.DataFrame:
    """The accounts with the largest open amounts, not by groups (sql/largest_accounts.sql)."""
    return run(cursor, "largest_accounts", slice_, by, limit=limit)


def hygiene(
    cursor: Cursor,
    slice_: Slice,
    by: Sequence[str] = (),
    *,
    snapshot: date | None,
    idle: int,
    zone: str,
) -> pd.DataFrame:
    """Per group: open opportunities whose record lacks something, NULL where nobody can know (sql/hygiene.sql)."""
    return run(cursor, "hygiene", slice_, by, snapshot=snapshot, idle=idle, zone=zone)


def targets(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group, level, period and currency: what is to be won (sql/targets.sql)."""
    return run(cursor, "targets", slice_, by)


def due_open(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group: open opportunities expected to close in the period, and those that are past due (sql/due_open.sql)."""
    return run(cursor, "due_open", slice_, by, due_by=slice_.end or slice_.as_of)


def recent_closings(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """`closings` of the 365 days up to the as-of date (which is one of them), whatever the period: the own win rate."""
    return closings(cursor, slice_.with_(start=slice_.as_of - timedelta(days=364), end=None), by)
