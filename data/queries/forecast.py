"""What was open on past days and today, and what became of it within a period."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import pandas as pd

from data.queries.asking import Slice, run
from data.scope import UNKNOWN, Filters
from data.shelf import Cursor

#: Days in the stage from which the next band of age begins.
AGES = (14, 28, 56, 112)
_OWN = ("pipeline", "segment", "stage")

#: (day of the forecast, first day, last day of its period)
Days = Iterable[tuple[date, date, date]]


def forecast_open(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *, moments: Days,
                  promised: Iterable[tuple[str, str, float]]) -> pd.DataFrame:
    """Per day of a forecast, pipeline, segment, stage, expected close, age and group: open opportunities and what was
    won of them in the period; `promised`: (pipeline, stage, probability) of the settings (sql/forecast_open.sql)."""
    stages = list(promised)
    promises = {name: [row[i] for row in stages] for i, name in enumerate(("pipelines", "stages", "promised"))}
    more: dict[str, Any] = {"ages": list(AGES), **_days(moments), **promises}
    return run(cursor, "forecast_open", slice_, by, own=_OWN, kept_by=(*by, *_OWN), **more)


def forecast_won(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *,
                 moments: Days) -> pd.DataFrame:
    """Per day of a forecast, pipeline, segment and group: wins of the period that were not open on that day: won before
    it, or in the pipeline only later (sql/forecast_won.sql)."""
    return run(cursor, "forecast_won", slice_, by, own=_OWN[:2], kept_by=(*by, *_OWN[:2]), **_days(moments))


def forecast_named(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *, moments: Days,
                   promised: Iterable[tuple[str, str, float]]) -> pd.DataFrame:
    """Per day of a forecast what is open (n), and of it what has no known segment (unnamed), whatever segment is
    filtered. No rows where none is: forecast_open hides nothing then."""
    if not slice_.filters.get("segment"):
        return pd.DataFrame({"origin": pd.Series(dtype="datetime64[us]"), "n": pd.Series(dtype="int64"),
                             "unnamed": pd.Series(dtype="int64")})
    everyone = slice_.with_(filters=slice_.filters.with_(segment=[]))
    opened = forecast_open(cursor, everyone, by, moments=moments, promised=promised)
    unnamed = opened["n"].where(opened["segment"].fillna(UNKNOWN) == UNKNOWN, 0)
    return opened.assign(unnamed=unnamed).groupby("origin")[["n", "unnamed"]].sum().reset_index()


def forecast_reach(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """How far back closings are complete, whatever is filtered, one row (sql/closing_horizon.sql)."""
    return run(cursor, "closing_horizon", slice_.with_(start=None, end=None, filters=Filters()))


def _days(moments: Days) -> dict[str, Any]:
    rows = list(moments)
    return {name: [row[i] for row in rows] for i, name in enumerate(("origins", "firsts", "lasts"))}
