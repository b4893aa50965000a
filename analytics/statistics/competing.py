"""Which of several endings comes, and by when, where many are still waiting: Aalen-Johansen.

An opportunity leaves a stage by advancing or by being lost; each ending prevents the other. Treating a loss as
"still going on" (1 − Kaplan-Meier of the advances) overstates the advances; the cumulative incidence does not:

    F_k(t) = Σ S(t_i⁻) · d_ki / n_i        with S from all endings together; Σ_k F_k + S = 1

Sources: Aalen & Johansen 1978; METHOD B12 F4 and B13. Variance by the delta method (Marubini & Valsecchi 1995,
p. 341); with one ending it is Greenwood's. Limits on the log(−log) scale of 1 − F, as in `survival`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics.statistics.estimate import LEVEL, NOT_KNOWN, Estimate, known, z_of
from analytics.statistics.intervals import wilson
from analytics.statistics.survival import at_risk_of, checked, greenwood_steps, place_of, tally_of

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
    parts = _curves(tally_of(checked(counts, causes)), z_of(level))
    frames = [pd.DataFrame({"cause": cause, **part}) for cause, part in zip(causes, parts, strict=True)]
    return pd.concat(frames, ignore_index=True).astype({"at_risk": "int64", "events": "int64", "cause": "str"})


def incidence_at(curve: pd.DataFrame, cause: str, day: float, *, level: float = LEVEL) -> Estimate:
    """The share that has ended by `cause` within `day` days, with its limits.

    None where nobody has been watched for that long while some were still going on: a young cohort cannot
    answer for 90 days. Where nothing has happened yet (F = 0) or everything (F = 1) the limits are Wilson's for
    the number watched that long: no event among three is not a certain zero.
    """
    mine = curve[curve["cause"] == cause]
    return _at({name: mine[name].to_numpy(float) for name in CURVE[1:]}, day, level)


def incidence_of(values: np.ndarray, day: float, *, level: float = LEVEL) -> Estimate:
    """The same of the first cause, from rows of `survival.checked`: many small groups are quicker without frames."""
    return _at(_curves(tally_of(values), z_of(level))[0], day, level)


def _curves(tallied: tuple[np.ndarray, list[np.ndarray], np.ndarray], z: float) -> list[dict[str, np.ndarray]]:
    """For each cause the columns of CURVE after the first."""
    days, events, censored = tallied
    ended = np.sum(events, axis=0) if events else np.zeros_like(days)
    at_risk = at_risk_of(ended + censored)
    survival = np.cumprod(1 - ended / at_risk)
    before = np.append(1.0, survival)[: len(days)]
    found = []
    for of_cause in events:
        incidence = np.cumsum(before * of_cause / at_risk)
        error = np.sqrt(_variance(incidence, before, of_cause, ended, at_risk))
        low, high = _limits(incidence, error, z)
        columns = (days, at_risk, of_cause, incidence, error, low, high, survival)
        found.append(dict(zip(CURVE[1:], columns, strict=True)))
    return found


def _at(curve: dict[str, np.ndarray], day: float, level: float) -> Estimate:
    days = curve["days"]
    place = place_of(days, curve["survival"], day)
    if place is None:
        return NOT_KNOWN
    value = 0.0 if place < 0 else float(curve["incidence"][place])
    if 0 < value < 1 - 1e-12:
        return Estimate(value, known(curve["low"][place]), known(curve["high"][place]))
    last = min(int(np.searchsorted(days, day)), len(days) - 1)  # the first day not before `day`
    watched = float(curve["events"].sum() if value > 0 else curve["at_risk"][last])
    around = wilson(round(value) * watched, watched, level=level)
    return Estimate(float(round(value)), around.low, around.high)


def _variance(incidence: np.ndarray, before: np.ndarray, of_cause: np.ndarray, ended: np.ndarray,
              at_risk: np.ndarray) -> np.ndarray:
    """Σ(F−F_i)²·d/(n(n−d)) + ΣS²·(n−d_k)·d_k/n³ − 2Σ(F−F_i)·S·d_k/n², each sum up to t, by running sums."""
    steps = greenwood_steps(ended, at_risk)
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
