"""The stock of open opportunities, and how moves between stages divide. Pure: counts in, table out.

What moved the stock is in bridge.py, what is pushed in pushes.py, what it must reach in coverage.py, how old it is in
ageing.py, what its records lack in pipeline_health.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analytics.metrics.frames import Context, added_up, ordered
from analytics.statistics.intervals import with_wilson

Answers = Mapping[str, pd.DataFrame]


def open_pipeline(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """What is open on the as-of date, one row per group.

    Columns: the groups, n, amount (base currency, of those that have one), amount_missing, weighted (amount x the
    stage's default probability), weighted_missing (n whose stage has none), paused (of n), overdue (of n, expected
    to close before the as-of date), future (not in n: put off until a later day), value (= amount), reason.
    """
    frame = with_weighted(answers["open_stock"], context)
    keys = list(by)
    frame = added_up(frame, keys) if keys else _whole(frame)
    whole = ["n", "amount_missing", "weighted_missing", "paused", "overdue", "future"]
    frame[whole] = frame[whole].fillna(0).astype("int64")
    reason = np.select([frame["n"] == 0, frame["amount"].isna()], ["nothing_open", "no_amounts"], "")
    frame = frame.assign(value=frame["amount"], reason=reason).astype({"reason": "str"})
    columns = ["n", "amount", "amount_missing", "weighted", "weighted_missing", "paused", "overdue", "future", "value",
               "reason"]
    order = [c for c in ("stage_order",) if "stage" in by]
    return ordered(frame, context, by)[[*by, *order, *columns]]


def with_weighted(counts: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Counts of the open stock with `weighted` and `weighted_missing` (see `open_pipeline`)."""
    chance = _probabilities(counts, context)
    return counts.assign(weighted=counts["amount"] * chance, weighted_missing=np.where(chance.isna(), counts["n"], 0))


def weighted(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """The rows of `open_pipeline` with the weighted amount as the value (no_probability: no stage has one)."""
    frame = open_pipeline(answers, context, by)
    unweighted = frame["weighted"].isna() & (frame["reason"] == "")
    return frame.assign(value=frame["weighted"], reason=frame["reason"].mask(unweighted, "no_probability"))


def regress_rate(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Moves back to an earlier stage / all moves out of open stages in the period, one row per pipeline and group."""
    return _moves(answers, context, by, "regress")


def skip_rate(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Moves that jump over a stage / all moves out of open stages in the period, one row per pipeline and group."""
    return _moves(answers, context, by, "skip")


def _moves(answers: Answers, context: Context, by: Sequence[str], kind: str) -> pd.DataFrame:
    keys = list(dict.fromkeys([*by, "pipeline"]))
    frame = with_wilson(added_up(answers["transitions"], keys), kind, "n").rename(columns={kind: "events"})
    frame = frame.assign(reason=np.where(frame["n"] > 0, "", "nothing_moved")).astype({"reason": "str"})
    return ordered(frame, context, keys)[[*keys, "n", "events", "value", "low", "high", "reason"]]


def _probabilities(counts: pd.DataFrame, context: Context) -> pd.Series:
    known = {(p.key, s.key): s.probability for p in context.settings.pipelines for s in p.stages}
    pairs = zip(counts["pipeline"], counts["stage"], strict=True)
    return pd.Series([known.get(pair) for pair in pairs], index=counts.index, dtype="float64")


def _whole(frame: pd.DataFrame) -> pd.DataFrame:
    """All rows added up to one; a sum of unknowns stays unknown."""
    numeric = frame.select_dtypes("number")
    return numeric.sum(min_count=1).to_frame().T


def total(frame: pd.DataFrame) -> tuple[int, float | None]:
    """Number and amount of all rows of `open_pipeline`; the amount is None where none is known."""
    known = frame["amount"].notna().any()
    return int(frame["n"].sum()), float(frame["amount"].sum()) if known else None


def graded(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of `open_pipeline` by stage and grade in the order of the stages, with their share (of the amount, or of the
    number where no amount is known; `measure` says which)."""
    measure = "amount" if frame["amount"].notna().any() else "n"
    values = frame[measure].astype(float)
    return frame.assign(share=values / values.sum(), measure=measure).sort_values(
        ["stage_order", "grade"], kind="stable", ignore_index=True)


def split(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of `open_pipeline` by one dimension, the largest first, with value = their share (see `graded`)."""
    frame = frame[frame["n"] > 0]
    measure = "amount" if frame["amount"].notna().any() else "n"
    values = frame[measure].astype(float)
    return frame.assign(value=values / values.sum(), measure=measure).sort_values(
        "value", ascending=False, kind="stable", ignore_index=True)
