"""The tiles of the overview: one metric each, against its comparison, with whether the change is real. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analytics.metrics.registry import Metric
from analytics.statistics.intervals import difference

#: In the order of reading: what we have, what we win, how fast.
TILES = ("pipeline.open", "win_rate.count", "win_rate.amount", "cycle_days.won_median")

#: key, value, low, high, n, reason: the metric now; other_*: the comparison; change = value - other_value;
#: is_good: the change goes in the metric's good direction (None: no change, or no direction);
#: is_real: chance does not explain it at 95 % (None where it cannot be tested);
#: trend: (quarter, value, n), oldest first.
COLUMNS = ("key", "unit", "direction", "value", "low", "high", "n", "reason", "other_value", "other_n", "change",
           "change_low", "change_high", "is_good", "is_real", "trend")

#: low and high of the difference, and whether it is real
_Certainty = tuple[float | None, float | None, bool | None]


def tiles(metric: Metric, now: pd.DataFrame, before: pd.DataFrame | None, trend: pd.DataFrame,
          by: Sequence[str] = ()) -> list[dict[str, Any]]:
    """One tile per group from the answers of now and before (a row a group) and those per quarter."""
    groups = now[list(by)].drop_duplicates().to_dict("records") if by else [{}]
    return [{**group, **_tile(metric, _only(_of(now, group)), _only(_of(before, group)), _of(trend, group))}
            for group in groups]


def _of(frame: pd.DataFrame | None, group: Mapping[Any, Any]) -> pd.DataFrame:
    """The rows of one group."""
    if frame is None:
        return pd.DataFrame()
    for name, value in group.items():
        frame = frame[frame[name] == value]
    return frame


def _tile(metric: Metric, row: dict[Any, Any], other: dict[Any, Any], trend: pd.DataFrame) -> dict[str, Any]:
    value, was = _number(row.get("value")), _number(other.get("value"))
    change = None if value is None or was is None else value - was
    low, high, real = _certainty(metric, row, other)
    good = None if not change or metric.direction == "neutral" else (change > 0) == (metric.direction == "up")
    return {
        "key": metric.key, "unit": metric.unit, "direction": metric.direction, "value": value,
        "low": _number(row.get("low")), "high": _number(row.get("high")), "n": int(row.get("n") or 0),
        "reason": row.get("reason", ""), "other_value": was, "other_n": _number(other.get("n")),
        "change": change, "change_low": low, "change_high": high,
        "is_good": good, "is_real": real,
        "trend": [(r["quarter"], _number(r["value"]), int(r["n"])) for r in trend.to_dict("records")],
    }


def _certainty(metric: Metric, row: dict[Any, Any], other: dict[Any, Any]) -> _Certainty:
    """Newcombe's limits of the difference of two shares by count; for others: do their intervals stay apart?"""
    if not other or not row.get("n") or not other.get("n"):
        return None, None, None
    if metric.unit == "share" and metric.key != "win_rate.amount":
        found = difference(row["won"], row["n"], other["won"], other["n"])
        return found.low, found.high, found.excludes(0)
    limits = [_number(r.get(name)) for r in (row, other) for name in ("low", "high")]
    low, high, other_low, other_high = limits
    if low is None or high is None or other_low is None or other_high is None:
        return None, None, None
    return None, None, low > other_high or high < other_low


def _only(frame: pd.DataFrame) -> dict[Any, Any]:
    rows = frame.to_dict("records")
    return rows[0] if rows else {}


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
