"""Confidence intervals for shares, their differences, means and amount-weighted shares, all from plain counts."""

from __future__ import annotations

from functools import lru_cache
from math import atan2, cos, hypot, pi, sin, sqrt
from typing import Any

import numpy as np
import pandas as pd

from analytics.statistics.estimate import LEVEL, NOT_KNOWN, Estimate, two_sided_p, z_of


def wilson(successes: float, n: float, *, level: float = LEVEL) -> Estimate:
    """A share successes/n with Wilson's score interval (Wilson 1927); nothing is known for n = 0.

    Stays inside 0..1, is never a point, and holds its level for small n (Newcombe 1998, method 3).

    >>> share = wilson(3, 10)
    >>> round(share.low, 3), share.value, round(share.high, 3)
    (0.108, 0.3, 0.603)
    """
    if n == 0:
        return NOT_KNOWN
    low, high = wilson_limits(successes, n, level=level)
    return Estimate(successes / n, float(low), float(high))


def wilson_limits(successes: Any, n: Any, *, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's limits for whole columns; NaN where n is 0 or unknown. ValueError unless 0 ≤ successes ≤ n."""
    x, n = _floats(successes), _floats(n)
    if (x < 0).any() or (x > n).any():
        raise ValueError("successes lie between 0 and n")
    z2 = z_of(level) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = (x + z2 / 2) / (n + z2)
        half = np.sqrt(z2 * (x * (n - x) / n + z2 / 4)) / (n + z2)
    low, high = np.where(x == 0, 0.0, centre - half), np.where(x == n, 1.0, centre + half)
    return np.where(n > 0, np.maximum(low, 0.0), np.nan), np.where(n > 0, np.minimum(high, 1.0), np.nan)


def limits_of(share: Any, n: Any, *, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's limits of shares behind which stands the evidence of n cases, whole ones or not (`effective_n`)."""
    evidence = np.nan_to_num(_floats(n))
    return wilson_limits(np.minimum(np.nan_to_num(_floats(share) * evidence), evidence), evidence, level=level)


def with_wilson(frame: pd.DataFrame, successes: str, n: str, *, level: float = LEVEL) -> pd.DataFrame:
    """The frame with the columns value, low and high of successes/n; NaN where n is 0."""
    low, high = wilson_limits(frame[successes], frame[n], level=level)
    x, total = _floats(frame[successes]), _floats(frame[n])
    value = np.divide(x, total, out=np.full_like(x, np.nan), where=total > 0)
    return frame.assign(value=value, low=low, high=high)


def difference(successes: float, n: float, other_successes: float, other_n: float, *, level: float = LEVEL) -> Estimate:
    """Difference of two independent shares, first minus other, with Newcombe's hybrid score interval.

    Newcombe 1998 (Statistics in Medicine 17:873), method 10. Nothing is known if either n is 0.

    >>> moved = difference(56, 70, 48, 80)
    >>> round(moved.value, 4), round(moved.low, 4), round(moved.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    if n == 0 or other_n == 0:
        return NOT_KNOWN
    p, q = successes / n, other_successes / other_n
    (l1, u1), (l2, u2) = (_pair(wilson(x, m, level=level)) for x, m in ((successes, n), (other_successes, other_n)))
    return Estimate(p - q, p - q - sqrt((p - l1) ** 2 + (u2 - q) ** 2), p - q + sqrt((u1 - p) ** 2 + (q - l2) ** 2))


def gap(one: Estimate, other: Estimate, *, times: float = 1.0) -> Estimate:
    """one - other from the limits of both, their distances to the values stretched by `times`; a limit not known
    leaves that of the gap unknown.

    MOVER (Zou & Donner 2008, Statistics in Medicine 27:1693): Newcombe's way for any two independent estimates.
    """
    if one.value is None or other.value is None:
        return NOT_KNOWN
    low = None if one.low is None or other.high is None else hypot(one.value - one.low, other.high - other.value)
    high = None if one.high is None or other.low is None else hypot(one.high - one.value, other.value - other.low)
    moved = one.value - other.value
    return Estimate(moved, None if low is None else moved - times * low, None if high is None else moved + times * high)


def mean(n: int, total: float, total_of_squares: float, *, level: float = LEVEL) -> Estimate:
    """A mean with Student's t interval, from n, Σx and Σx²; no limits for a single value, nothing for none.

    >>> round(mean(4, 20, 120).low, 2), mean(1, 5, 25)
    (0.89, Estimate(value=5.0, low=None, high=None))
    """
    if n == 0:
        return NOT_KNOWN
    value = total / n
    if n == 1:
        return Estimate(value, None, None)
    variance = max(0.0, total_of_squares - n * value**2) / (n - 1)
    half = t_of(level, n - 1) * sqrt(variance / n)
    return Estimate(value, value - half, value + half)


def mean_of_counts(days: Any, n: Any, *, level: float = LEVEL) -> Estimate:
    """`mean` of durations given as (days, how many); a duration is never negative, so neither is its lower limit."""
    days, n = _floats(days), _floats(n)
    found = mean(int(n.sum()), float((days * n).sum()), float((days**2 * n).sum()), level=level)
    return found if found.low is None else Estimate(found.value, max(0.0, found.low), found.high)


def weighted_share(success: float, failure: float, success_squares: float, failure_squares: float, *,
                   level: float = LEVEL) -> Estimate:
    """An amount-weighted share Σa(success) / Σa(all), with Wilson's interval at the effective sample size.

    Takes Σa and Σa² of the successes and of the failures. Effective n is Kish's (Σa)² / Σa² (Kish 1965), so that
    one large deal among many small ones counts as what it is: little evidence. The linearised variance of a ratio
    is not used: with few large deals it is far too small, and zero when all of them went the same way.

    >>> weighted_share(30, 70, 30, 70) == wilson(30, 100)
    True
    """
    total, squares = success + failure, success_squares + failure_squares
    if not total > 0:
        return NOT_KNOWN
    share, effective = success / total, total**2 / squares
    around = wilson(share * effective, effective, level=level)
    return Estimate(share, around.low, around.high)


def effective_n(total: Any, squares: Any) -> np.ndarray:
    """Kish's effective sample size (Σa)² / Σa² for whole columns; NaN where there is no amount."""
    total, squares = _floats(total), _floats(squares)
    return np.divide(total**2, squares, out=np.full_like(total, np.nan), where=squares > 0)


def trend_p(successes: Any, n: Any, scores: Any | None = None) -> tuple[float, float] | None:
    """Cochran-Armitage test for a linear trend in shares: (z, two-sided p), z > 0 for rising.

    `scores` are the positions in time (default 0, 1, 2 …). None with fewer than three groups of n > 0, or where
    every case went the same way. Agresti, Categorical Data Analysis, 5.3.5.
    """
    x, n = _floats(successes), _floats(n)
    at = np.arange(len(n), dtype=float) if scores is None else _floats(scores)
    if (n > 0).sum() < 3:
        return None
    total, overall = n.sum(), x.sum() / n.sum()
    spread = overall * (1 - overall) * ((n * at**2).sum() - (n * at).sum() ** 2 / total)
    if not spread > 0:
        return None
    z = float((at * (x - n * overall)).sum() / sqrt(spread))
    return z, two_sided_p(z)


@lru_cache(maxsize=1024)
def t_of(level: float, degrees: int) -> float:
    """Student's two-sided t quantile: 12.706 for (0.95, 1).

    By bisection on the exact distribution up to 60 degrees of freedom (Abramowitz & Stegun 26.7.3-4), by the
    Cornish-Fisher expansion (26.7.5) beyond.
    """
    if degrees < 1:
        raise ValueError("a t interval needs at least two values")
    z = z_of(level)
    if degrees > 60:
        v = degrees
        return (z + (z**3 + z) / (4 * v) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
                + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3))
    low, high = 0.0, 1.0
    while _t_inside(high, degrees) < level:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_inside(middle, degrees) < level else (low, middle)
    return high


def t_two_sided_p(t: float, degrees: int) -> float:
    """Probability that Student's t is at least as far from zero as `t` (beyond 1,000 degrees: as with 1,000).

    >>> round(t_two_sided_p(12.706, 1), 3), round(t_two_sided_p(-1.962, 1000), 3)
    (0.05, 0.05)
    """
    return max(0.0, 1 - _t_inside(abs(t), min(degrees, 1000)))


def _t_inside(t: float, degrees: int) -> float:
    """P(|T| ≤ t), a finite sum of cosines for whole degrees of freedom."""
    angle = atan2(t, sqrt(degrees))
    c2 = cos(angle) ** 2
    odd = degrees % 2 == 1
    term = cos(angle) if odd else 1.0
    sums = 0.0
    for k in range(1, degrees - 1 + (not odd), 2) if odd else range(0, degrees - 1, 2):
        sums += term
        term *= c2 * (k + 1) / (k + 2)
    return (2 / pi) * (angle + sin(angle) * sums) if odd else sin(angle) * sums


def _pair(estimate: Estimate) -> tuple[float, float]:
    assert estimate.low is not None, "n is above 0"
    assert estimate.high is not None
    return estimate.low, estimate.high


def _floats(values: Any) -> np.ndarray:
    """Numbers as a float array, unknown ones as NaN (Decimal, nullable integers and plain lists alike)."""
    if isinstance(values, pd.Series):
        return values.to_numpy(dtype=float, na_value=np.nan)
    return np.asarray(values, dtype=float)
