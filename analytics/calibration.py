"""Does the predicted win rate tell the truth? What was predicted before the close, against what happened. Pure.

Everything is judged on opportunities that are closed, by what was said so many days before (METHOD B6): won counts as
1, lost and no decision as 0. Brier's score (1950) is the mean of (p − y)²; its reference is the same for saying the
average win rate of all every time. Reliability by five bins with Wilson's limits; is a prediction calibrated at all:
Spiegelhalter (1986, Statistics in Medicine 5:421); does it tell winners from losers: area under the ROC curve with
Hanley & McNeil's standard error (1982, Radiology 143:29). Predictions are compared pairwise on the same opportunities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt
from typing import NamedTuple

import numpy as np
import pandas as pd

from analytics.cells import Cells
from analytics.metrics.frames import ratio
from analytics.statistics.estimate import LEVEL, two_sided_p, z_of
from analytics.statistics.intervals import with_wilson

SOURCES = ("comparison", "crm", "stage_default")
BINS = 5
#: Fewest closed for any statement (the minimum that a vendor of win and loss analyses asks for).
MIN_N = 100
#: Where gamma is looked for, and how finely.
_GAMMA = (0.0, 12.0)
_STEP = 1e-4
#: Half the 95 % quantile of chi-squared with one degree of freedom: a likelihood this much lower is still likely.
_HALF_CHI2 = z_of(LEVEL) ** 2 / 2

_SUMS = ["n", "won", "p_sum", "error_sum", "tilt_sum", "tilt_variance"]


def reliability(counts: pd.DataFrame) -> pd.DataFrame:
    """Predicted against won, in five bins per source that predicted anything.

    In: rows of data/sql/calibration_bins.sql. Out: source, bin (0 to 4), bin_low, bin_high, n, won, predicted (mean
    prediction), value, low, high (share won, Wilson), is_off (the mean prediction lies outside these limits).
    """
    known = Cells.of(counts[counts["source"] != ""])
    present = [source for source in SOURCES if source in set(known["source"])]
    place = np.array([present.index(source) for source in known["source"]], dtype=int)
    cell = place * BINS + np.minimum(known["percent"] * BINS // 100, BINS - 1).astype(int)
    n, won, predicted = (np.bincount(cell, known[name], len(present) * BINS) for name in ("n", "won", "p_sum"))
    bins = np.tile(np.arange(BINS), len(present))
    frame = with_wilson(pd.DataFrame({
        "source": pd.Series(np.repeat(np.array(present, dtype=object), BINS), dtype="str"), "bin": bins,
        "bin_low": bins / BINS, "bin_high": (bins + 1) / BINS, "n": n.astype("int64"), "won": won.astype("int64"),
        "predicted": ratio(predicted, n)}), "won", "n")
    return frame.assign(is_off=(frame["predicted"] < frame["low"]) | (frame["predicted"] > frame["high"]))


def scores(counts: pd.DataFrame) -> pd.DataFrame:
    """How good each source is, one row each (of all three; n = 0 where it predicted nothing).

    In: rows of calibration_bins.sql. Out: source, n, won, brier, reference (Brier of always
    saying the average), skill = 1 − brier/reference, predicted and value (mean prediction, share won), auc, auc_low,
    auc_high, is_calibrated (None: too few), tells (the AUC is above one half beyond chance; None: too few); on the
    n_both opportunities that the comparison predicted too: auc_both, and worse_by, worse_low, worse_high, the source's
    Brier minus the comparison's with limits (0 for the comparison itself); reason: "" | nothing_predicted | few_closed.
    """
    cells = Cells.of(counts)
    return pd.DataFrame([_score(source, cells.where(cells["source"] == source)) for source in SOURCES])


def _score(source: str, counts: Cells) -> dict[str, object]:
    n, won, p_sum, errors, tilt, variance = (float(counts[c].sum()) for c in _SUMS)
    row: dict[str, object] = {"source": source, "n": int(n), "won": int(won)}
    reason = "" if n >= MIN_N else "few_closed" if n else "nothing_predicted"
    share, brier = (won / n, errors / n) if n else (np.nan, np.nan)
    reference = share * (1 - share)
    auc, error = area(counts)
    half = z_of(LEVEL) * error
    is_known = not reason and 0 < won < n
    row |= {"brier": brier, "reference": reference, "skill": 1 - brier / reference if reference > 0 else np.nan,
            "predicted": p_sum / n if n else np.nan, "value": share, "auc": auc, "auc_low": max(auc - half, 0.0),
            "auc_high": min(auc + half, 1.0),
            "is_calibrated": two_sided_p(tilt / sqrt(variance)) >= 1 - LEVEL if is_known and variance > 0 else None,
            "tells": auc - half > 0.5 if is_known else None}
    return row | _pair(counts.where(counts["is_both"].astype(bool))) | {"reason": reason}


def _pair(counts: Cells) -> dict[str, object]:
    """Mean difference of two Brier scores on the same cases, with its limits (normal, many cases)."""
    n = int(counts["n"].sum())
    row: dict[str, object] = {"n_both": n, "auc_both": area(counts)[0]}
    if n < 2:
        return row | {"worse_by": np.nan, "worse_low": np.nan, "worse_high": np.nan}
    mean = float(counts["difference_sum"].sum()) / n
    variance = max(0.0, float(counts["difference_squares"].sum()) / n - mean**2)
    half = z_of(LEVEL) * sqrt(variance / (n - 1))
    return row | {"worse_by": mean, "worse_low": mean - half, "worse_high": mean + half}


def area(counts: Cells | Mapping[str, np.ndarray] | pd.DataFrame) -> tuple[float, float]:
    """Probability that a won one had the higher prediction than one not won (ties half), and its standard error.

    In: percent, n, won: predictions that agree in whole per cents count as ties. NaN where all went the same way.

    >>> area(pd.DataFrame({"percent": [10, 90], "n": [10, 10], "won": [2, 8]}))[0]
    0.8
    """
    levels, level = np.unique(np.asarray(counts["percent"]), return_inverse=True)
    n, won = (np.bincount(level, counts[name], len(levels)) for name in ("n", "won"))
    other = n - won
    ones, zeros = won.sum(), other.sum()
    if not (ones > 0 and zeros > 0):
        return np.nan, np.nan
    below = np.cumsum(other) - other
    auc = float((won * (below + other / 2)).sum() / (ones * zeros))
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (ones - 1) * (q1 - auc**2) + (zeros - 1) * (q2 - auc**2)
    return auc, sqrt(max(0.0, variance) / (ones * zeros))


class Refit(NamedTuple):
    """What the closed opportunities say of gamma.

    gamma, low, high: maximum likelihood and its profile limits (None: not known); current: the setting; n, won;
    verdict: few_closed (fewer than needed) | not_supported (gamma = 0, equal shares for all, fits as well: the
    comparison does not tell winners from losers here) | keep (the setting lies within the limits) | change (it
    does not).
    """

    gamma: float | None
    low: float | None
    high: float | None
    current: float
    n: int
    won: int
    verdict: str


def refit(parties: pd.DataFrame, *, current: float, need_weight: float = 0.5, closeness_weight: float = 0.5,
          floor: float = 1.0, minimum: int = MIN_N) -> Refit:
    """gamma by maximum likelihood (METHOD B6), from opportunities that were won or lost against an assessed rival.

    In: y (1 won, 0 lost), need_us, closeness_us and the same of 1, 2 and others (NaN: no such rival). P_us = 1 / (1 +
    Σ_k exp(−gamma · ln(s_us/s_k))), s = need^need_weight · closeness^closeness_weight; the limits are where the
    log-likelihood is 1.92 below its maximum. "Supported" needs two things: gamma = 0 fits worse than that, and the
    winners' P is higher than the losers' beyond chance, because a gamma can also fit just the average.
    """
    y = parties["y"].to_numpy(float)
    n, won = len(y), int(y.sum())
    if n < minimum or won in (0, n):
        return Refit(None, None, None, current, n, won, "few_closed")
    leads = _leads(parties, need_weight, closeness_weight, floor)

    def likelihood(gamma: float) -> float:
        return log_likelihood(gamma, leads, y)

    best = _highest(likelihood, *_GAMMA)
    top = likelihood(best)
    low, high = _limits(likelihood, best, top - _HALF_CHI2)
    predicted = {"percent": np.round(share(max(best, 0.1), leads), 6), "n": np.ones(n), "won": y}
    auc, error = area(predicted)
    is_supported = low > 0 and auc - z_of(LEVEL) * error > 0.5
    verdict = "not_supported" if not is_supported else "keep" if low <= current <= high else "change"
    return Refit(best, low, high, current, n, won, verdict)


def _leads(parties: pd.DataFrame, need_weight: float, closeness_weight: float, floor: float) -> np.ndarray:
    """ln(s_us / s_k) of each opportunity (rows) and rival (columns), NaN where there is no such rival."""
    strength = {}
    for party in ("us", "1", "2", "others"):
        need, near = (np.clip(parties[f"{c}_{party}"].to_numpy(float, na_value=np.nan), floor, 100)
                      for c in ("need", "closeness"))
        strength[party] = need_weight * np.log(need) + closeness_weight * np.log(near)
    return np.column_stack([strength["us"] - strength[k] for k in ("1", "2", "others")])


def share(gamma: float, leads: np.ndarray) -> np.ndarray:
    """P_us of each opportunity.

    >>> lead = np.log(np.sqrt(90 * 80) / np.sqrt(60 * 50))  # METHOD B6: two parties, gamma 1 to 4
    >>> [round(float(share(g, np.array([[lead]]))[0]), 3) for g in (1, 2, 3, 4)]
    [0.608, 0.706, 0.788, 0.852]
    """
    against: np.ndarray = 1 / (1 + np.nansum(np.exp(-gamma * leads), axis=1))
    return against


def log_likelihood(gamma: float, leads: np.ndarray, y: np.ndarray) -> float:
    """Σ y ln P + (1 − y) ln(1 − P), P kept off 0 and 1 by 1e-12."""
    p = np.clip(share(gamma, leads), 1e-12, 1 - 1e-12)
    return float((y * np.log(p) + (1 - y) * np.log(1 - p)).sum())


def _highest(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a function of one number is highest: a coarse grid, then golden sections around its best point."""
    grid = np.linspace(low, high, 49)
    place = int(np.argmax([function(g) for g in grid]))
    a, b = float(grid[max(place - 1, 0)]), float(grid[min(place + 1, len(grid) - 1)])
    golden = (sqrt(5) - 1) / 2
    while b - a > _STEP:
        c, d = b - golden * (b - a), a + golden * (b - a)
        a, b = (a, d) if function(c) >= function(d) else (c, b)
    middle = (a + b) / 2
    return low if middle - low < 2 * _STEP and function(low) >= function(middle) else middle


def _limits(function: Callable[[float], float], best: float, bound: float) -> tuple[float, float]:
    """Where the function falls to `bound` on both sides of `best`; the end of the range where it does not."""
    low, high = _GAMMA
    return (low if function(low) >= bound else _crossing(function, bound, low, best),
            high if function(high) >= bound else _crossing(function, bound, high, best))


def _crossing(function: Callable[[float], float], bound: float, outside: float, inside: float) -> float:
    while abs(outside - inside) > _STEP:
        middle = (outside + inside) / 2
        outside, inside = (outside, middle) if function(middle) >= bound else (middle, inside)
    return (outside + inside) / 2
