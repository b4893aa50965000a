"""Control limits and decompositions by plain loops: nothing of the product, one line of the definition at a time."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt


def laney(x: Sequence[int], n: Sequence[int]) -> tuple[float, float, list[tuple[float, float]]]:
    """Centre, sigma_z and (lower, upper) of a p′ chart (Laney 2002), sigma_z not below 1, limits within 0 and 1."""
    centre = sum(x) / sum(n)
    z = []
    for wins, cases in zip(x, n, strict=True):
        z.append((wins / cases - centre) / sqrt(centre * (1 - centre) / cases))
    ranges = []
    for i in range(1, len(z)):
        ranges.append(abs(z[i] - z[i - 1]))
    sigma_z = sum(ranges) / len(ranges) / 1.128
    limits = []
    for cases in n:
        half = 3 * max(1.0, sigma_z) * sqrt(centre * (1 - centre) / cases)
        limits.append((max(0.0, centre - half), min(1.0, centre + half)))
    return centre, sigma_z, limits


def mix_and_rate(before: Sequence[tuple[int, int]], now: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """Both effects of Kitagawa (1955) in total, from (won, closed) per segment, none of them empty."""
    n0, n1 = sum(n for _, n in before), sum(n for _, n in now)
    mix = rate = 0.0
    for (x0, m0), (x1, m1) in zip(before, now, strict=True):
        mix += (m1 / n1 - m0 / n0) * (x0 / m0 + x1 / m1) / 2
        rate += (x1 / m1 - x0 / m0) * (m0 / n0 + m1 / n1) / 2
    return mix, rate
