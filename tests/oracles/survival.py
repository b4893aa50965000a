"""Kaplan-Meier and Aalen-Johansen the slow way: one case at a time, in exact fractions.

A case is (days, kind): kind 0 = still going on, 1, 2, … = ended by that cause.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

Case = tuple[int, int]


def survival(cases: Sequence[Case]) -> dict[int, Fraction]:
    """S just after each day on which a case ended or was last seen."""
    left, share = {}, Fraction(1)
    for day in sorted({days for days, _ in cases}):
        at_risk = sum(days >= day for days, _ in cases)
        ended = sum(days == day and kind > 0 for days, kind in cases)
        share *= 1 - Fraction(ended, at_risk)
        left[day] = share
    return left


def greenwood(cases: Sequence[Case]) -> dict[int, Fraction | None]:
    """Σ d/(n(n−d)) up to each day; None from the day on which the last ones ended."""
    total: Fraction | None = Fraction(0)
    sums = {}
    for day in sorted({days for days, _ in cases}):
        at_risk = sum(days >= day for days, _ in cases)
        ended = sum(days == day and kind > 0 for days, kind in cases)
        total = None if total is None or ended == at_risk else total + Fraction(ended, at_risk * (at_risk - ended))
        sums[day] = total
    return sums


def incidence(cases: Sequence[Case], cause: int) -> dict[int, Fraction]:
    """The share that has ended by `cause` by each day."""
    alive, total, sums = Fraction(1), Fraction(0), {}
    for day in sorted({days for days, _ in cases}):
        at_risk = sum(days >= day for days, _ in cases)
        total += alive * Fraction(sum(case == (day, cause) for case in cases), at_risk)
        alive *= 1 - Fraction(sum(days == day and kind > 0 for days, kind in cases), at_risk)
        sums[day] = total
    return sums


def incidence_variance(cases: Sequence[Case], cause: int, until: int) -> Fraction:
    """Delta-method variance of `incidence` on day `until` (Marubini & Valsecchi 1995), term by term."""
    curve, alive, total = incidence(cases, cause), Fraction(1), Fraction(0)
    for day in sorted({days for days, _ in cases if days <= until}):
        n = sum(days >= day for days, _ in cases)
        d = sum(days == day and kind > 0 for days, kind in cases)
        mine = sum(case == (day, cause) for case in cases)
        rest = curve[until] - curve[day]
        if d < n:
            total += rest**2 * Fraction(d, n * (n - d))
        total += alive**2 * Fraction(n - mine, n) * Fraction(mine, n**2)
        total -= 2 * rest * alive * Fraction(mine, n**2)
        alive *= 1 - Fraction(d, n)
    return total


def quantile(cases: Sequence[Case], p: Fraction) -> int | None:
    """The first day by which at least the share `p` has ended; None if that is never seen."""
    return next((day for day, share in survival(cases).items() if share <= 1 - p), None)
