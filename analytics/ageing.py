"""How long the open ones have been in their stage, held against the stage's own pace. Pure.

The pace is learned: days after which half, three of four and nine of ten visits of the last two years had ended
(Kaplan-Meier, METHOD B13 T3). B15 asks for thresholds per pipeline, stage and segment, not one number for all.

What stands in a stage is always older than what passes through it: who stays long is met more often. So the share that
is older than three of four visits is no sign of anything by itself; it is held against the share that the same curve
gives to a steady stock (statistics.survival.stock_share), and only more than that, beyond chance, is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analytics.conversion_days import counted, lengths, median, p75, p90
from analytics.metrics.frames import Context, added_up, per_stage, ratio
from analytics.statistics.estimate import CLAIM, LEVEL, NOT_KNOWN, Estimate, z_of
from analytics.statistics.intervals import wilson_limits, with_wilson
from analytics.statistics.survival import groups, kaplan_meier, stock_share

Answers = Mapping[str, pd.DataFrame]
#: up to the median, up to p75, up to p90, beyond; paused; and where age or pace is not known
BUCKETS = ("fast", "usual", "slow", "stuck", "paused", "unknown")
_PACE = ("p50", "p75", "p90")
#: open ones, and ended visits behind the pace, from which a stage is held against what is to be expected
JUDGED_FROM = 20
_USED = ["fast", "usual", "slow", "stuck"]


def ageing(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Open opportunities by how long they have been in their stage, one row per group, pipeline and stage.

    Columns: the groups, pipeline, stage, stage_order, n, amount (base currency), amount_missing, fast (of n, not longer
    than p50), usual (than p75), slow (than p90), stuck (longer), paused, unknown (since when is not known, or the pace
    is not), slow_amount (of slow and stuck), p50, p75, p90 (calendar days; NaN: not reached or too few), events (ended
    visits behind them), value = (slow + stuck) / (fast + usual + slow + stuck) with low and high, steady (that share
    of a steady stock; NaN: p75 is), is_apart (value is above it beyond chance: MOVER of both intervals, all stages of
    the frame at once; from JUDGED_FROM cases on either side), reason (nothing_open, few_events, entry_unknown).
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
    frame = frame.assign(late=frame["slow"] + frame["stuck"], judged=frame[_USED].sum(axis="columns"))
    tests = [frame["n"] == 0, (frame["judged"] == 0) & frame["p50"].isna(), frame["judged"] == 0]
    reason = np.select(tests, ["nothing_open", "few_events", "entry_unknown"], "")
    frame = with_wilson(frame, "late", "judged").assign(is_apart=_apart(frame), reason=reason)
    columns = ["n", "amount", "amount_missing", *BUCKETS, "slow_amount", *_PACE, "events", "value", "low", "high",
               "steady", "is_apart", "reason"]
    frame["events"] = frame["events"].fillna(0).astype("int64")
    return frame.astype({"reason": "str"})[[*keys, "stage_order", *columns]]


def _apart(frame: pd.DataFrame) -> pd.Series:
    """Which stages hold more old ones than a steady stock would, beyond chance, all of them tested at once."""
    can = (frame["judged"] >= JUDGED_FROM) & (frame["events"] >= JUDGED_FROM) & frame["steady"].notna()
    if not can.any():
        return can
    level = 1 - (1 - CLAIM) / int(can.sum())
    low, _ = wilson_limits(frame["late"], frame["judged"], level=level)
    value = ratio(frame["late"], frame["judged"])
    wide = frame["steady_error"] * z_of(level)
    return can & (value - frame["steady"] > np.hypot(value - low, wide))


def _pace(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """p50, p75 and p90 per group, pipeline and stage. A month of the open ones says nothing of the visits."""
    slow = [k for k in by if k not in ("month", "quarter")]
    visits = added_up(
        answers["stage_pace"].drop(columns=["month", "quarter"], errors="ignore"),
        [*slow, "pipeline", "stage", "stage_order", "outcome", "days", "is_entry_known"],
    )
    keys, found = [*slow, "pipeline", "stage"], None
    answers = {"lengths": lengths({"visit_days": visits}, context, slow)}
    for name, quantile in zip(_PACE, (median, p75, p90), strict=True):
        part = quantile(answers, context, slow)[[*keys, "value"]].rename(columns={"value": name})
        found = part if found is None else found.merge(part, on=keys, how="outer")
    assert found is not None
    return found.merge(_expected(visits, found, keys), on=keys, how="left")


def _expected(visits: pd.DataFrame, pace: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The share of a steady stock that is older than p75, its standard error, and the ended visits behind it."""
    limits, rows = pace.set_index(keys)["p75"], []
    for key, part in groups(counted(visits), keys):
        curve, limit = kaplan_meier(part), limits.get(tuple(key.values()), np.nan)
        found = stock_share(curve, limit) if limit == limit else NOT_KNOWN
        rows.append(key | {"events": int(part["events"].sum()), "steady": found.value,
                           "steady_error": _error(found)})
    return pd.DataFrame(rows, columns=[*keys, "events", "steady", "steady_error"]).astype(
        {"steady": float, "steady_error": float})


def _error(found: Estimate) -> float:
    """The standard error behind an estimate's limits (the wider side: the other may be cut off at 0 or 1)."""
    if found.value is None or found.low is None or found.high is None:
        return np.nan
    return max(found.value - found.low, found.high - found.value) / z_of(LEVEL)


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
