"""How long a stage takes (METHOD B13). Pure: counts per day in, means, quantiles and curves out.

All give one row per pipeline, stage and group, in order:

    pipeline, stage, next_stage, stage_order, the groups
    n            what the number is about: opportunities for the means, visits for the quantiles
    events       of n, how many had left the stage by the as-of date; censored = n - events are still there
    value, low, high   days, paused days not counted, calendar or working days as asked; 95 % limits
    hours        the mean in hours, where all lasted less than a day and every instant is known
    entry_unknown, invalid   left out: not known when they entered; left before they entered
    approximate  of n, how many entries are only known to lie between two snapshots
    reason       why there is no value: "" | nobody_entered | few_events | not_reached
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analytics.cells import beside, row_keys, typed
from analytics.metrics.frames import Context, added_up, ordered, per_stage, ratio
from analytics.statistics.competing import cumulative_incidence
from analytics.statistics.intervals import mean
from analytics.statistics.survival import as_frame, curve_each, groups, quantiles

#: How a stage is left; who is gone from the snapshots is censored on that day, nobody knows what became of them.
LEAVING = ("advance", "skip", "won", "regress", "lost", "no_decision", "void")
GONE = "deleted"
#: of the visits, by the end of which the days are said: `median`, `p75`, `p90`
SHARES = (0.5, 0.75, 0.9)
Answers = Mapping[str, pd.DataFrame]

_COLUMNS = ("pipeline", "stage", "next_stage", "stage_order", "n", "events", "censored", "value", "low", "high",
            "hours", "entry_unknown", "invalid", "approximate", "reason")


def converted_mean(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """T1: mean days in the stage, all visits together, of the opportunities that had come further by the as-of date.

    The literal reading of the source; too short while many are still there, so `censored` counts those.
    """
    frame = _totals(answers, context, by)
    frame = frame.assign(events=frame["n_advanced"], censored=frame["still_there"], n=frame["n_advanced"])
    return _means(frame, by, "_advanced")


def dwell_mean(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """T2: mean days accumulated so far in the stage by all opportunities that ever entered it in the period."""
    frame = _totals(answers, context, by)
    frame = frame.assign(events=frame["n"] - frame["still_there"], censored=frame["still_there"])
    return _means(frame, by, "")


def median(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """T3: the day by which half of the visits have ended (Kaplan-Meier over all visits, open ones censored)."""
    return _quantile(answers, context, by, 0.5)


def p75(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """The day by which three of four visits have ended, on the curve of `median`."""
    return _quantile(answers, context, by, 0.75)


def p90(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """The day by which nine of ten visits have ended, on the curve of `median`."""
    return _quantile(answers, context, by, 0.9)


def survival(visits: pd.DataFrame, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """The share of visits that lasted longer than so many days, for each stage and group.

    Columns: the groups, pipeline, stage, stage_order, days (from 0), at_risk, events, censored, survival, low, high,
    n (visits of the curve) and open_share (of n, still there on the as-of date).
    """
    keys = [*by, "pipeline", "stage", "stage_order"]
    counts = counted(visits)
    if counts.empty:
        return pd.DataFrame(columns=[*keys, "days", "at_risk", "survival", "low", "high", "n", "open_share"])
    frame = as_frame(((key, _from_day_0(curve)) for key, curve in curve_each(counts, keys)), keys)
    still = counts["n"].where(counts["outcome"].isna(), 0)
    whole = added_up(counts[[*keys, "n"]].assign(still=still), keys)
    frame = beside(frame, whole.assign(open_share=ratio(whole["still"], whole["n"])).drop(columns="still"), keys)
    return ordered(frame.drop(columns="std_error"), context, by)


def _from_day_0(curve: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The curve with day 0, when everybody is still there."""
    if not len(curve["days"]) or curve["days"][0] == 0:
        return curve
    first = {"days": 0, "at_risk": curve["at_risk"][0], "events": 0, "censored": 0}
    return {name: np.insert(values, 0, first.get(name, 1)) for name, values in curve.items()}


def leaving(visits: pd.DataFrame, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """The share of visits that has ended in each way within so many days (Aalen-Johansen: ways compete).

    Columns: the groups, pipeline, stage, stage_order, exit_kind, days, at_risk, events, incidence, low, high, survival.
    """
    keys = [*by, "pipeline", "stage", "stage_order"]
    counts = counted(visits)
    for kind in LEAVING:
        counts[kind] = counts["n"].where(counts["outcome"] == kind, 0)
    parts = []
    for key, part in groups(counts, keys):
        kinds = [kind for kind in LEAVING if part[kind].any()]
        if kinds:
            parts.append(cumulative_incidence(part, kinds).assign(**key))
    if not parts:
        return pd.DataFrame(columns=[*keys, "exit_kind", "days", "at_risk", "events", "incidence", "low", "high",
                                     "survival"])
    frame = pd.concat(parts, ignore_index=True).rename(columns={"cause": "exit_kind"}).drop(columns="std_error")
    return ordered(frame, context, by)[[*keys, *(c for c in frame.columns if c not in keys)]]


def _totals(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    zeros = ("n", "n_advanced", "n_seconds", "n_seconds_advanced", "still_there", "entry_unknown", "invalid",
             "approximate")
    return per_stage(answers["stage_totals"], context, by, zeros)


def _means(frame: pd.DataFrame, by: Sequence[str], which: str) -> pd.DataFrame:
    """Value and limits from n, Σdays and Σdays²; `which` is "" (all that entered) or "_advanced"."""
    n, seconds = frame["n"].to_numpy(), frame[f"seconds{which}"]
    found = [mean(*row) for row in row_keys(frame, ["n", f"days{which}", f"days_square{which}"])]
    limits = [(f.value, None if f.low is None else max(0.0, f.low), f.high) for f in found]
    in_hours = (n > 0) & (frame[f"days_max{which}"] == 0) & (frame[f"n_seconds{which}"] == n)
    frame = frame.assign(
        **typed(limits, dict.fromkeys(("value", "low", "high"), "float64")),
        hours=np.where(in_hours, ratio(seconds, n) / 3600, np.nan),
        reason=pd.array(np.where(n > 0, "", "nobody_entered"), dtype="str"))
    return frame[_columns(by)]


def lengths(answers: Answers, context: Context, by: Sequence[str], shares: Sequence[float] = SHARES) -> pd.DataFrame:
    """The days by which each of `shares` (column p) has ended: what `median`, `p75` and `p90` are taken from. Who asks
    for more than one of them works it out once and hands it on as the answer "lengths"."""
    visits, keys = answers["visit_days"], [*by, "pipeline", "stage"]
    left_out = visits.assign(
        entry_unknown=visits["n"].where(~visits["is_entry_known"], 0),
        invalid=visits["n"].where(visits["is_entry_known"] & ~(visits["days"] >= 0), 0))
    frame = per_stage(left_out[[*keys, "stage_order", "entry_unknown", "invalid", "approximate"]], context, by,
                      ("entry_unknown", "invalid", "approximate"))
    found = quantiles(counted(visits), keys, *shares, min_events=context.settings.standards.min_events)
    each = np.repeat(np.arange(len(frame)), len(shares))
    frame = frame.take(each).reset_index(drop=True).assign(p=np.tile(shares, len(frame)))
    frame = beside(frame, found, [*keys, "p"])
    counted_ = {name: frame[name].fillna(0).astype("int64") for name in ("n", "events", "censored")}
    reason = frame["reason"].where(counted_["n"] > 0, "nobody_entered")
    return frame.assign(**counted_, reason=reason, hours=np.nan)[_columns([*by, "p"])]


def _quantile(answers: Answers, context: Context, by: Sequence[str], p: float) -> pd.DataFrame:
    known = answers["lengths"] if "lengths" in answers else lengths(answers, context, by, (p,))
    return known[known["p"] == p].drop(columns="p").reset_index(drop=True)


def counted(visits: pd.DataFrame) -> pd.DataFrame:
    """Visits with known, not negative durations, as events and censored per day."""
    counts = visits[visits["is_entry_known"] & (visits["days"] >= 0)]
    has_left = counts["outcome"].notna() & (counts["outcome"] != GONE)
    return counts.assign(events=counts["n"].where(has_left, 0), censored=counts["n"].where(~has_left, 0))


def _columns(by: Sequence[str]) -> list[str]:
    return [*by, *(c for c in _COLUMNS if c not in by)]


def trend(totals: pd.DataFrame, visits: pd.DataFrame, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Mean and median days by month of entry: the groups, pipeline, stage, month, n, events, censored, mean, mean_low,
    mean_high, median, low, high, reason. Young months have many that are still there: the median says so."""
    groups_ = [*by, "month"] if "month" not in by else list(by)
    middle = median({"visit_days": visits}, context, groups_).rename(columns={"value": "median"})
    average = converted_mean({"stage_totals": totals}, context, groups_)
    average = average.rename(columns={"value": "mean", "low": "mean_low", "high": "mean_high"})
    keys = [*groups_, "pipeline", "stage"]
    frame = beside(middle, average[[*keys, "mean", "mean_low", "mean_high"]], keys)
    return frame[frame["n"] > 0].reset_index(drop=True)


