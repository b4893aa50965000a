"""How a cost grows: the exponent b of cost = a · size^b, by least squares of the logarithms, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

from analytics.statistics.intervals import t_of


@dataclass(frozen=True)
class Growth:
    """cost = `factor` · size^`exponent`; the exponent lies in [`low`, `high`] (95 %, t distribution).

    A fixed cost below makes the exponent of small sizes too small: `last` is that between the two largest sizes alone.
    """

    exponent: float
    low: float
    high: float
    factor: float
    last: float

    def at(self, size: float) -> float:
        """The cost that the curve says for a size."""
        return self.factor * size**self.exponent

    @property
    def does_not_grow(self) -> bool:
        """Nothing speaks against a cost that does not depend on the size."""
        return self.low <= 0


def growth_of(sizes: Sequence[float], costs: Sequence[float]) -> Growth:
    """The curve through at least three points of different positive sizes and positive costs; ValueError otherwise."""
    if len(set(sizes)) < 3 or min(sizes) <= 0 or min(costs) <= 0:
        raise ValueError("three points of different sizes are needed, all above zero")
    points = sorted((log(size), log(cost)) for size, cost in zip(sizes, costs, strict=True))
    n = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    b = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    a = mean_y - b * mean_x
    left = sum((y - a - b * x) ** 2 for x, y in points)
    half = t_of(0.95, n - 2) * sqrt(left / (n - 2) / spread)
    (x0, y0), (x1, y1) = points[-2:]
    return Growth(b, b - half, b + half, exp(a), (y1 - y0) / (x1 - x0) if x1 > x0 else b)
