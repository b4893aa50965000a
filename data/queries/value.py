"""What selling brings and what it takes, for the value board (METHOD B18)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from data.queries.asking import Slice, run
from data.shelf import Cursor


def value_won(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group, type and sales mode: won and lost in the period, amounts won (sql/value_won.sql)."""
    return run(cursor, "value_won", slice_, by, own=("type", "sales_mode"))


def value_coverage(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *,
                   reached: int) -> pd.DataFrame:
    """Per group, judged week and tier: target accounts, of them touched lately (sql/value_coverage.sql)."""
    return run(cursor, "value_coverage", slice_, by, reached=reached, monthly="month" in by)


def value_velocity(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *,
                   days: Sequence[date]) -> pd.DataFrame:
    """Per group, segment and day: open, and closed in the twelve months before (sql/value_velocity.sql)."""
    answer = run(cursor, "value_velocity", slice_, by, own=("segment", "month"), days=list(days))
    return answer if "month" in by else answer.drop(columns="month")


def value_cost(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group, period and currency: selling cost (sql/value_cost.sql)."""
    return run(cursor, "value_cost", slice_, by)


def value_sellers(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *,
                  days: Sequence[date]) -> pd.DataFrame:
    """Per group and day: owners with anything open (sql/value_sellers.sql)."""
    return run(cursor, "value_sellers", slice_, by, days=list(days))


def value_penetration(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *,
                      days: Sequence[date]) -> pd.DataFrame:
    """Per group and day: accounts, and how many pairs of account and product line have business
    (sql/value_penetration.sql)."""
    return run(cursor, "value_penetration", slice_, by, days=list(days))


def value_conflict(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *,
                   days: Sequence[date], **rules: Any) -> pd.DataFrame:
    """Per group and day: open opportunities, those of companies that a partner works on too (sql/value_conflict.sql);
    `rules`: quality.quality_rules, by which company codes are compared."""
    return run(cursor, "value_conflict", slice_, by, kept_by=by, days=list(days), **rules)
