"""How long an opportunity takes from creation to closing (METHOD B13, T4). Pure: counts per day in, table out.

One row per group: n, events, censored, value, low, high (days), invalid (closed before created: left out),
reason ("" | nothing_closed | nothing_created | few_events | not_reached). Pauses are part of a cycle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analytics.metrics.frames import Context, added_up, ordered
from analytics.statistics.intervals import mean_of_counts
from analytics.statistics.survival import groups, quantiles

Answers = Mapping[str, pd.DataFrame]
_COLUMNS = ("n", "events", "censored", "value", "low", "high", "invalid", "reason")


def won_mean(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Mean days from creation to winning, of what was won in the period."""
    counts = _won(answers["cycle_closed"])
    rows = []
    for key, part in groups(counts, by):
        valid = part[part["days"] >= 0]
        found, n = mean_of_counts(valid["days"], valid["n"]), int(valid["n"].sum())
        rows.append({**key, "n": n, "events": n, "censored": 0, "value": found.value, "low": found.low,
                     "high": found.high,
                     "invalid": int(part["n"].sum()) - n, "reason": "" if n else "nothing_closed"})
    return _finished(pd.DataFrame(rows, columns=[*by, *_COLUMNS]), context, by)


def won_median(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Median days from creation to winning, of what was won in the period."""
    return _quantile(_won(answers["cycle_closed"]), context, by, "nothing_closed")


def closed_median(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Median days from creation to closing (won, lost or no decision), of what was closed in the period."""
    return _quantile(answers["cycle_closed"], context, by, "nothing_closed")


def median(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Median days from creation to closing, of what was created in the period, open ones censored (Kaplan-Meier).

    Unlike the two above it does not forget those that are still open. Void counts as no longer watched.
    """
    return _quantile(answers["cycle_created"], context, by, "nothing_created")


def _won(counts: pd.DataFrame) -> pd.DataFrame:
    """Only the won count; a group that closed without winning keeps its row, of zero."""
    return counts.assign(n=counts["n"].where(counts["outcome"] == "won", 0))


def _quantile(counts: pd.DataFrame, context: Context, by: Sequence[str], nothing: str) -> pd.DataFrame:
    is_valid = counts["days"] >= 0
    closed = counts["outcome"].notna() & (counts["outcome"] != "void")
    split = counts.assign(events=counts["n"].where(closed, 0), censored=counts["n"].where(~closed, 0))
    found = quantiles(split[is_valid], by, 0.5, min_events=context.settings.standards.min_events)
    if not by:
        frame = found.assign(invalid=int(counts.loc[~is_valid, "n"].sum()))
    else:
        bad = added_up(counts[[*by]].assign(invalid=counts["n"].where(~is_valid, 0)), by)
        frame = bad.merge(found, on=list(by), how="left")
        frame[["n", "events", "censored"]] = frame[["n", "events", "censored"]].fillna(0).astype("int64")
    frame["reason"] = frame["reason"].where(frame["n"] > 0, nothing)
    return _finished(frame, context, by)


def _finished(frame: pd.DataFrame, context: Context, by: Sequence[str]) -> pd.DataFrame:
    frame = frame.astype({"value": float, "low": float, "high": float, "invalid": "int64", "reason": "str"})
    return ordered(frame, context, by)[[*by, *_COLUMNS]]
