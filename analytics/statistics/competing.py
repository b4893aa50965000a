"""Which of several endings comes, and by when, where many are still waiting: Aalen-Johansen.

An opportunity leaves a stage by advancing or by being lost; each ending prevents the other. Treating a loss as
"still going on" (1 − Kaplan-Meier of the advances) overstates the advances; the cumulative incidence does not:

    F_k(t) = Σ S(t_i⁻) · d_ki / n_i        with S from all endings together; Σ_k F_k + S = 1

Sources: Aalen & Johansen 1978; DOMAIN B12 F4 and B13. Variance by the delta method (Marubini & Valsecchi 1995,
p. 341); with one ending it is Greenwood's. Limits on the log(−log) scale of 1 − F, as in `survival`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics.statistics.estimate import LEVEL, NOT_KNOWN, Estimate, known, z_of
from analytics.statistics.intervals import wilson
from analytics.statistics.survival import _at_risk, _greenwood_steps, groups, row_at, tally

CURVE = ("cause", "days", "at_risk", "events", "incidence", "std_error", "low", "high", "survival")


def cumulative_incidence(counts: pd.DataFrame, causes: Sequence[str], *, level: float = LEVEL) -> pd.DataFrame:
    """The share that has ended by each cause by each day.

    Input: columns days, censored and one column of counts per cause (see `survival` for days and censored).
    Output: one row per cause and day, causes in the given order: cause, days, at_risk, events (of this cause),
    incidence F(t), std_error, low, high, survival (share with no ending at all yet). Before the first row F is 0.

    >>> both = pd.DataFrame({"days": [1, 2], "won": [1, 0], "lost": [0, 1], "censored": 0})
    >>> cumulative_incidence(both, ["won", "lost"])["incidence"].tolist()
    [0.5, 0.5, 0.0, 0.5]
    """
    days, events, censored = tally(counts, causes)
    ended = np.sum(events, axis=0) if events else np.zeros_like(days)
    at_risk = _at_risk(ended + censored)
    survival = np.cumprod(1 - ended / at_risk)
    before = np.append(1.0, survival)[: len(days)]
    parts = []
    for cause, of_cause in zip(causes, events, strict=True):
        incidence = np.cumsum(before * of_cause / at_risk)
        error = np.sqrt(_variance(incidence, before, of_cause, ended, at_risk))
        low, high = _limits(incidence, error, z_of(level))
        columns = (cause, days, at_risk, of_cause, incidence, error, low, high, survival)
        parts.append(pd.DataFrame(dict(zip(CURVE, columns, strict=True))))
    return pd.concat(parts, ignore_index=True).astype({"at_risk": "int64", "events": "int64", "cause": "str"})


def incidence_at(curve: pd.DataFrame, cause: str, day: float, *, level: float = LEVEL) -> Estimate:
    """The share that has ended by `cause` within `day` days, with its limits.

    None where nobody has been watched for that long while some were still going on: a young cohort cannot
    answer for 90 days. Where nothing has happened yet (F = 0) or everything (F = 1) the limits are Wilson's for
    the number watched that long: no event among three is not a certain zero.
    """
    mine = curve[curve["cause"] == cause]
    row = row_at(mine, day, "incidence")
    if row is None:
        return NOT_KNOWN
    value = 0.0 if row.name == -1 else float(row["incidence"])
    if 0 < value < 1:
        return Estimate(value, known(row["low"]), known(row["high"]))
    watched = int(mine["events"].sum()) if value >= 1 else _watched(mine, day)
    plain = wilson(round(value) * watched, watched, level=level)
    return Estimate(value, plain.low, plain.high)


def incidences_at(counts: pd.DataFrame, by: Sequence[str], causes: Sequence[str], cause: str, day: float, *,
                  level: float = LEVEL) -> pd.DataFrame:
    """`incidence_at` per group: the columns of `by`, n, events (by `cause` within `day`), censored (before that
    day), value, low, high, reason ("not_observed" where nobody has been watched for that long)."""
    rows = []
    for key, part in groups(counts, by):
        found = incidence_at(cumulative_incidence(part, causes, level=level), cause, day, level=level)
        within = part["days"] <= day
        rows.append({**key, "n": int(part[[*causes, "censored"]].to_numpy().sum()),
                     "events": int(part.loc[within, cause].sum()),
                     "censored": int(part.loc[part["days"] < day, "censored"].sum()),
                     "value": found.value, "low": found.low, "high": found.high,
                     "reason": "" if found.is_known else "not_observed"})
    frame = pd.DataFrame(rows, columns=[*by, "n", "events", "censored", "value", "low", "high", "reason"])
    return frame.astype({"n": "int64", "events": "int64", "censored": "int64",
                         "value": float, "low": float, "high": float, "reason": "str"})


def _watched(curve: pd.DataFrame, day: float) -> int:
    """How many were still going on when `day` began, or after the last day seen."""
    later = curve.loc[curve["days"] >= day, "at_risk"]
    return int(later.iloc[0]) if len(later) else int(curve["at_risk"].max())


def _variance(incidence: np.ndarray, before: np.ndarray, of_cause: np.ndarray, ended: np.ndarray,
              at_risk: np.ndarray) -> np.ndarray:
    """Σ(F−F_i)²·d/(n(n−d)) + ΣS²·(n−d_k)·d_k/n³ − 2Σ(F−F_i)·S·d_k/n², each sum up to t, by running sums."""
    steps = _greenwood_steps(ended, at_risk)
    spread = (incidence**2 * np.cumsum(steps) - 2 * incidence * np.cumsum(incidence * steps)
              + np.cumsum(incidence**2 * steps))
    own = np.cumsum(before**2 * (at_risk - of_cause) * of_cause / at_risk**3)
    mixed = before * of_cause / at_risk**2
    shared = incidence * np.cumsum(mixed) - np.cumsum(incidence * mixed)
    return np.maximum(0.0, spread + own - 2 * shared)


def _limits(incidence: np.ndarray, error: np.ndarray, z: float) -> tuple[np.ndarray, np.ndarray]:
    rest = 1 - incidence
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        spread = np.exp(z * error / (rest * np.abs(np.log(rest))))
        low, high = 1 - rest ** (1 / spread), 1 - rest**spread
    inside = (incidence > 0) & (rest > 1e-12)
    return np.where(inside, low, np.nan), np.where(inside, high, np.nan)
