"""The tiles of the value board: one metric each, against its comparison, with whether the change is real. Pure.

Four lines (METHOD B18): how close we are to customers, what opportunities bring, what support costs and brings, what
partners bring. What a tile says of certainty is about its own metric; a sentence above the tiles claims only what holds
at the stricter level of titles (`is_claimed`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analytics.metrics.registry import Metric
from analytics.statistics.estimate import CLAIM, LEVEL, Estimate, z_of
from analytics.statistics.intervals import difference, gap

Row = Mapping[Any, Any]

LINES: Mapping[str, tuple[str, ...]] = {
    "customer": ("closeness.account", "value.coverage", "value.repeat_share", "value.penetration"),
    "order": ("pipeline.open", "win_rate.count", "value.velocity", "value.efficiency"),
    "support": ("support.response_days", "support.hours", "support.waste_share", "support.return"),
    "channel": ("value.partner_share", "value.partner_win_rate", "value.channel_conflict"),
}
#: Further tiles of the order line, of the fiscal quarter that is not over yet, whatever the view's period: each is held
#: against a target of its own.
AHEAD = ("pipeline.coverage", "forecast.historical")
#: In the order of reading.
TILES = tuple(key for keys in LINES.values() for key in keys)

#: key, value, low, high, n, reason: the metric now; other_*: the comparison; change = value - other_value with its 95 %
#: limits; is_good: the change goes in the metric's good direction (None: no change, or no direction); is_real: chance
#: does not explain it at 95 % (None where it cannot be tested), is_claimed: nor at the level of titles; target, status,
#: is_missed (clearly: the interval does not hold it): the standard, where there is one; trend: (quarter, value, n),
#: oldest first; ahead: name of the quarter to come that it is about, "" where it is about the view's period.
COLUMNS = ("key", "unit", "direction", "value", "low", "high", "n", "reason", "other_value", "other_n", "change",
           "change_low", "change_high", "is_good", "is_real", "is_claimed", "target", "status", "is_missed", "trend",
           "ahead")


def tile(metric: Metric, now: Row, before: Row | None = None, trend: Sequence[Row] = (),
         standard: Row | None = None) -> dict[str, Any]:
    """One tile from the metric's row now, that of the comparison, those per quarter (column quarter), and the row with
    its standard (standards.ADDED)."""
    other, aim = before or {}, standard or {}
    value, was = _number(now.get("value")), _number(other.get("value"))
    change = None if value is None or was is None else value - was
    moved, is_claimed = _change(metric, now, other) if change is not None else (Estimate(), None)
    good = None if not change or metric.direction == "neutral" else (change > 0) == (metric.direction == "up")
    return {
        "key": metric.key, "unit": metric.unit, "direction": metric.direction, "value": value,
        "low": _number(now.get("low")), "high": _number(now.get("high")), "n": int(now.get("n") or 0),
        "reason": now.get("reason", ""), "other_value": was, "other_n": _number(other.get("n")),
        "change": change, "change_low": moved.low, "change_high": moved.high, "is_good": good,
        "is_real": None if is_claimed is None else moved.excludes(0), "is_claimed": is_claimed,
        "target": _number(aim.get("target")), "status": aim.get("status", ""),
        "is_missed": bool(aim.get("is_clear", False)) and aim.get("status") in ("amber", "red"),
        "trend": [(r["quarter"], _number(r["value"]), int(r["n"])) for r in trend], "ahead": now.get("ahead", ""),
    }


def per_group(frame: pd.DataFrame | None, by: Sequence[str]) -> dict[tuple[Any, ...], list[Row]]:
    """The rows of each group."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in [] if frame is None else frame.to_dict("records"):
        found.setdefault(tuple(row.get(name) for name in by), []).append(row)
    return found


def _change(metric: Metric, row: Row, other: Row) -> tuple[Estimate, bool | None]:
    """The difference with its 95 % limits, and whether it holds at the level of titles (None: it cannot be tested).

    Newcombe's limits for shares of counts; for all else, from the limits of both values (`intervals.gap`).
    """
    x, other_x = _successes(row), _successes(other)
    if metric.unit == "share" and x is not None and other_x is not None:
        found = [difference(x, row["n"], other_x, other["n"], level=level) for level in (LEVEL, CLAIM)]
        return found[0], found[1].excludes(0)
    now, was = (Estimate(*(_number(r.get(name)) for name in ("value", "low", "high"))) for r in (row, other))
    moved = gap(now, was)
    if moved.low is None or moved.high is None:
        return moved, None
    return moved, gap(now, was, times=z_of(CLAIM) / z_of(LEVEL)).excludes(0)


def _successes(row: Row) -> float | None:
    """The count that the value is a share of n of; None where it is no such share (weighted by amounts or hours)."""
    for name in ("won", "events"):
        count = _number(row.get(name))
        if count is not None and row.get("n") and abs(count / row["n"] - row["value"]) < 1e-9:
            return count
    return None


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def groups(frames: Sequence[pd.DataFrame], by: Sequence[str]) -> pd.DataFrame:
    """Every group of `by` that any of the frames has; without `by` the one group of everything."""
    if not by:
        return pd.DataFrame(index=[0])
    parts = [frame[list(by)] for frame in frames if set(by) <= set(frame.columns) and len(frame)]
    return pd.concat(parts).drop_duplicates(ignore_index=True) if parts else pd.DataFrame(columns=list(by))
