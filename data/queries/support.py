"""What the support line was asked for, how soon it answered, and on what its hours went (METHOD B8, B18)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from data.queries.asking import Slice, run
from data.settings import Settings
from data.shelf import Cursor


def support_rules(settings: Settings) -> dict[str, Any]:
    """What the queries of this file need to know of the settings: time zone and thresholds."""
    rules = settings.support
    return {
        "zone": settings.organisation.timezone,
        "weak": rules.weak_conditions,
        "from_stage": rules.compared_from_stage,
    }


def support_response(
    cursor: Cursor, slice_: Slice, by: Sequence[str] = (), **rules: Any
) -> pd.DataFrame:
    """Per group, support team and hours waited: requests of the period (sql/support_response.sql)."""
    return run(cursor, "support_response", slice_, by, **rules)


def support_use(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), **rules: Any) -> pd.DataFrame:
    """Per group, segment, grade and outcome: hours, cost and amounts of what closed (sql/support_use.sql)."""
    return run(cursor, "support_use", slice_, by, own=("segment", "grade"), **rules)


def support_load(
    cursor: Cursor, slice_: Slice, by: Sequence[str] = (), **rules: Any
) -> pd.DataFrame:
    """Per seller: open opportunities and the hours spent on them (sql/support_load.sql)."""
    return run(cursor, "support_load", slice_, **rules)


def support_known(
    cursor: Cursor, slice_: Slice, by: Sequence[str] = (), **rules: Any
) -> pd.DataFrame:
    """One row, is_known: is there any support request up to the as-of date? (sql/support_known.sql)"""
    return run(cursor, "support_known", slice_, **rules)
