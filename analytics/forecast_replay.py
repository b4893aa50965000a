"""What each method would have said of past quarters, against what came: errors, and which method is the best. Pure.

A forecast of the past is made by the very functions that make today's, from what was over on its day. Error = (forecast
− actual) / actual of the amount; MAPE = mean of its size, bias = mean of itself, coverage = share of the quarters whose
actual lay between P10 and P90 (80 % if the interval tells the truth). The method with the smallest MAPE in the quarters
that all methods compared share is the best; it is surely better than another if the differences of their errors,
quarter by quarter, are beyond chance by the exact sign flip test (Fisher 1935) after Bonferroni's correction for the
methods: quarters are few. METHOD B18.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import product
from typing import Literal

import numpy as np
import pandas as pd

from analytics.forecast import Answers, asked_for, forecasts
from analytics.forecast_counts import Told, told
from analytics.forecast_methods import METHODS
from analytics.forecast_periods import LEAST, REPLAYED, Moment, learned_from
from analytics.metrics.frames import Context, ordered
from analytics.statistics.estimate import LEVEL

Measure = Literal["amount", "count"]
#: Draws per past quarter: enough for P10 and P90.
DRAWS = 500

#: Columns besides the groups. origin: the day of the forecast; actual, actual_amount: won in the period; error: of the
#: amount; count_error: of the number; is_inside: the actual amount between low and high, is_count_inside: the number
#: between count_low and count_high (None: unknown); the others as in forecast
COLUMNS = ("period", "start", "end", "origin", "method", "n", "learned", "count", "count_low", "count_high", "value",
           "low", "mid", "high", "actual", "actual_amount", "error", "count_error", "is_inside", "is_count_inside",
           "reason")
#: n: opportunities that were open on the days of the forecasts; quarters: of them, those with a forecast and an actual;
#: value: MAPE; bias, count_mape; coverage, of the quarters with a range (ranged); shared, shared_value: quarters that
#: all methods compared have, MAPE in them (0, unknown: not compared); best: the method with the smallest of these;
#: worse_by: MAPE minus that of the best on the quarters of both, p: of the test
ACCURACY = ("method", "n", "quarters", "value", "bias", "count_mape", "coverage", "ranged", "shared", "shared_value",
            "is_best", "worse_by", "p", "is_sure", "reason")


def replayed(now: Moment, past: Sequence[Moment], reach: date | None = None) -> list[Moment]:
    """The latest REPLAYED quarters that were over on the day and to which the data reach back, oldest first."""
    over = [m for m in past if now.knows(m) and (reach is None or m.first >= reach)]
    return sorted(over, key=lambda m: m.last)[-REPLAYED:]


def replay(known: Told, now: Moment, past: Sequence[Moment]) -> pd.DataFrame:
    """Every method's forecast of every replayed quarter (columns: the groups, COLUMNS), oldest first."""
    asked = [moment for moment in replayed(now, past, known.reach)
             if len(known.at([moment])) and len(known.at(learned_from(moment, past, known.reach)))]
    columns = [*known.by, *COLUMNS]
    if not asked:
        return pd.DataFrame(columns=columns)
    said = [forecasts(known, moment, past, draws=DRAWS).assign(origin=pd.Timestamp(moment.origin)) for moment in asked]
    came = [_actual(known, moment).assign(period=moment.name) for moment in asked]
    return _beside(pd.concat(said, ignore_index=True),
                   pd.concat(came, ignore_index=True), [*known.by, "period"])[columns]


def _beside(said: pd.DataFrame, came: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Forecasts beside what came, and how far off they were."""
    frame = said.merge(came, on=list(keys), how="left")
    frame[["actual", "actual_amount"]] = frame[["actual", "actual_amount"]].fillna(0.0)
    inside = frame["actual_amount"].between(frame["low"], frame["high"]).astype("boolean")
    count_inside = frame["actual"].between(frame["count_low"], frame["count_high"]).astype("boolean")
    return frame.assign(
        error=_error(frame["value"], frame["actual_amount"]), count_error=_error(frame["count"], frame["actual"]),
        is_inside=inside.mask(frame["value"].isna()), is_count_inside=count_inside.mask(frame["count"].isna()))


def _actual(known: Told, moment: Moment) -> pd.DataFrame:
    """All wins of the period per group: before the day, of what was open on it, of what came later."""
    opened, others = known.at([moment]), known.won([moment])
    places = np.concatenate([opened["at_group"], others["at_group"]])
    there, at = np.unique(places if known.by else np.append(places, 0), return_inverse=True)
    sums = {name: np.bincount(at[: len(places)], np.concatenate([opened[of_open], others[of_others]]), len(there))
            for name, of_open, of_others in (("actual", "won", "n"), ("actual_amount", "won_amount", "amount"))}
    frame = pd.DataFrame(sums, index=there)
    return frame.join(known.groups) if known.by else frame


def _error(forecast_: pd.Series, actual: pd.Series) -> pd.Series:
    return (forecast_ - actual) / actual.where(actual > 0)


def accuracy(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """The metric forecast.accuracy, one row per group and method (columns: the groups, ACCURACY); no rows where nothing
    was open on any of the days."""
    known, (now, *past) = told(answers, context, by), asked_for(context)
    frame = judged(replay(known, now, past), by)
    opened = known.at(replayed(now, past, known.reach))
    counts = pd.DataFrame({"at_group": opened["at_group"], "n": opened["n"]}).join(known.groups, on="at_group")
    frame = _complete(frame, counts, by)
    return ordered(frame, context, by)[[*by, *ACCURACY]]


def judged(rows: pd.DataFrame, by: Sequence[str], *, measure: Measure = "amount") -> pd.DataFrame:
    """Per group and method of `replay`: how far off it was, by amount or by number (columns: the groups, and those of
    ACCURACY but n)."""
    if measure == "count":
        rows = rows.assign(error=rows["count_error"], is_inside=rows["is_count_inside"])
    parts = []
    for group, mine in (rows.groupby(list(by), sort=False) if by else [((), rows)]):
        found = _judge(mine)
        parts.append(found.assign(**dict(zip(by, group, strict=True))))
    return pd.concat(parts, ignore_index=True) if parts else _judge(rows).iloc[:0].assign(**dict.fromkeys(by, ""))


def _judge(rows: pd.DataFrame) -> pd.DataFrame:
    errors = {m: rows[rows["method"] == m].set_index("period")["error"].astype(float).dropna() for m in METHODS}
    errors = {m: e if len(e) >= LEAST else e.iloc[:0] for m, e in errors.items()}
    shared = compared(errors)
    best = min(shared, key=lambda m: (shared[m].abs().mean(), m), default="")
    tests = max(sum(len(e) > 0 for e in errors.values()) - 1, 1)
    frame = pd.DataFrame([_scored(rows[rows["method"] == m], m, errors, best, tests) for m in METHODS])
    return frame.assign(shared=[len(shared.get(m, ())) for m in METHODS],
                        shared_value=[shared[m].abs().mean() if m in shared else np.nan for m in METHODS])


def compared(errors: Mapping[str, pd.Series]) -> dict[str, pd.Series]:
    """The methods among which the best is chosen, each with its errors in the quarters that all of them share (LEAST at
    least). One judged in less than half of the quarters of another is left out: its few would decide for all; then, as
    long as too few are shared, the one with the fewest."""
    most = max((len(e) for e in errors.values()), default=0)
    chosen = {m: e for m, e in errors.items() if len(e) >= max(LEAST, most / 2)}
    while chosen:
        shared = sorted(set.intersection(*(set(e.index) for e in chosen.values())))
        if len(shared) >= LEAST:
            return {m: e.loc[shared] for m, e in chosen.items()}
        del chosen[min(reversed(chosen), key=lambda m: len(chosen[m]))]
    return {}


def _scored(rows: pd.DataFrame, method: str, errors: dict[str, pd.Series], best: str, tests: int) -> dict[str, object]:
    mine = errors[method]
    row: dict[str, object] = {"method": method, "quarters": len(mine), "value": np.nan, "bias": np.nan,
                              "count_mape": np.nan, "coverage": np.nan, "ranged": 0, "is_best": method == best,
                              "worse_by": np.nan, "p": np.nan, "is_sure": False, "reason": "no_history"}
    if mine.empty:
        known = [r for r in rows["reason"] if r and r != "no_history"]
        return row | ({"reason": known[-1]} if known else {})
    other = errors[best]
    worse = (mine.abs() - other.abs()).dropna().to_numpy()
    p = sign_flip_p(worse) if method != best and len(worse) else np.nan
    return row | {
        "value": float(mine.abs().mean()), "bias": float(mine.mean()), "coverage": _share(rows["is_inside"]),
        "ranged": int(rows["is_inside"].notna().sum()),
        "count_mape": float(rows["count_error"].astype(float).abs().mean()), "reason": "",
        "worse_by": float(worse.mean()) if len(worse) else np.nan, "p": p,
        "is_sure": bool(p * tests < 1 - LEVEL) if not np.isnan(p) else False}


def _share(flags: pd.Series) -> float:
    known = flags.dropna()
    return float(known.astype(float).mean()) if len(known) else np.nan


def sign_flip_p(differences: Sequence[float] | np.ndarray) -> float:
    """Exact two-sided p of paired differences having mean zero: of all ways to flip their signs, the share whose sum is
    at least as far from zero. With n quarters it is never below 2 / 2^n.

    >>> sign_flip_p([1, 2, 3]), sign_flip_p([0.3, 0.1, 0.2, 0.4, 0.3, 0.2, 0.5, 0.1])
    (0.25, 0.0078125)
    """
    values = np.asarray(differences, dtype=float)
    signs = np.array(list(product((1.0, -1.0), repeat=len(values))))
    return float((np.abs(signs @ values) >= abs(values.sum()) - 1e-12).mean())


def _complete(frame: pd.DataFrame, opened: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """A row for every method of every group that had anything open, and the number that was open."""
    if not by:
        return frame.assign(n=int(opened["n"].sum())).iloc[: len(METHODS) if len(opened) else 0]
    n = opened.groupby(list(by), sort=False)["n"].sum().reset_index()
    full = n.merge(pd.DataFrame({"method": list(METHODS)}), how="cross").merge(frame, on=[*by, "method"], how="left")
    full["reason"] = full["reason"].fillna("no_history").astype("str")
    whole = ["quarters", "ranged", "shared"]
    full[whole] = full[whole].fillna(0).astype("int64")
    full[["is_best", "is_sure"]] = full[["is_best", "is_sure"]].eq(True)
    return full
