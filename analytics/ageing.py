"""How long the open ones have been in their stage, held against the stage's own pace. Pure.

The pace is learned: days after which half, three of four and nine of ten visits of the last two years had ended
(Kaplan-Meier, METHOD B13 T3). B15 asks for thresholds per pipeline, stage and segment, not one number for all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analytics.conversion_days import median, p75, p90
from analytics.metrics.frames import Context, added_up, per_stage, ratio

Answers = Mapping[str, pd.DataFrame]
#: up to the median, up to p75, up to p90, beyond; paused; and where age or pace is not known
BUCKETS = ("fast", "usual", "slow", "stuck", "paused", "unknown")
_PACE = ("p50", "p75", "p90")


def ageing(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Open opportunities by how long they have been in their stage, one row per group, pipeline and stage.

    Columns: the groups, pipeline, stage, stage_order, n, amount (base currency), amount_missing, fast (of n, not longer
    than p50), usual (than p75), slow (than p90), stuck (longer), paused, unknown (since when is not known, or the pace
    is not), slow_amount (of slow and stuck), p50, p75, p90 (calendar days; NaN: not reached or too few), value = (slow
    + stuck) / (fast + usual + slow + stuck), reason (nothing_open, few_events, entry_unknown).
    """
    keys = [*by, "pipeline", "stage"]
    ages, pace = (
        added_up(answers["open_ages"], [*keys, "stage_order", "days", "is_paused"]),
        _pace(answers, context, by),
    )
    ages = ages.merge(pace, on=[k for k in keys if k in pace.columns], how="left")
    ages["bucket"] = _bucket(ages)
    for bucket in BUCKETS:
        ages[bucket] = ages["n"].where(ages["bucket"] == bucket, 0)
    ages["slow_amount"] = ages["amount"].where(ages["bucket"].isin(["slow", "stuck"]))
    whole = ("n", "amount_missing", *BUCKETS)
    frame = per_stage(ages[[*keys, "stage_order", *whole, "amount", "slow_amount"]], context, by, whole)
    frame = frame.drop(columns="next_stage").merge(pace, on=[k for k in keys if k in pace.columns], how="left")
    behind, judged = frame["slow"] + frame["stuck"], frame[["fast", "usual", "slow", "stuck"]].sum(axis="columns")
    tests = [frame["n"] == 0, (judged == 0) & frame["p50"].isna(), judged == 0]
    frame = frame.assign(
        value=ratio(behind, judged), reason=np.select(tests, ["nothing_open", "few_events", "entry_unknown"], "")
    )
    columns = ["n", "amount", "amount_missing", *BUCKETS, "slow_amount", *_PACE, "value", "reason"]
    return frame.astype({"reason": "str"})[[*keys, "stage_order", *columns]]


def _pace(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """p50, p75 and p90 per group, pipeline and stage. A month of the open ones says nothing of the visits."""
    slow = [k for k in by if k not in ("month", "quarter")]
    visits = added_up(
        answers["stage_pace"].drop(columns=["month", "quarter"], errors="ignore"),
        [*slow, "pipeline", "stage", "stage_order", "outcome", "days", "is_entry_known"],
    )
    keys, found = [*slow, "pipeline", "stage"], None
    for name, quantile in zip(_PACE, (median, p75, p90), strict=True):
        part = quantile({"visit_days": visits}, context, slow)[[*keys, "value"]].rename(columns={"value": name})
        found = part if found is None else found.merge(part, on=keys, how="outer")
    assert found is not None
    return found


def _bucket(ages: pd.DataFrame) -> np.ndarray:
    """Which bucket a row belongs to; where a later limit is not reached, the last known one decides."""
    days, (half, most, nearly) = ages["days"], (ages[name] for name in _PACE)
    tests = [
        ages["is_paused"].astype(bool),
        days.isna() | half.isna() | (days < 0),
        days <= half,
        most.isna() | (days <= most),
        nearly.isna() | (days <= nearly),
    ]
    return np.select(tests, ["paused", "unknown", "fast", "usual", "slow"], "stuck")
