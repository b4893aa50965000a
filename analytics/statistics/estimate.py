"""A number with its limits: what every estimator of this package returns."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

LEVEL = 0.95
#: A title claims something at this level only: a page has about ten of them, and one look at a page in twenty may err.
CLAIM = 0.995


@dataclass(frozen=True)
class Estimate:
    """A value with its confidence limits, each None where it cannot be known (never zero, never a guess)."""

    value: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_known(self) -> bool:
        """Is there a value at all?"""
        return self.value is not None

    def excludes(self, number: float) -> bool:
        """Do both limits lie on one side of `number`? False where a limit is not known."""
        if self.low is not None and self.low > number:
            return True
        return self.high is not None and self.high < number

    def is_apart_from(self, other: Estimate) -> bool:
        """Do the two intervals not touch? Sufficient, not necessary, for a difference (stricter than a test)."""
        return (self.low is not None and other.high is not None and self.low > other.high) or (
            self.high is not None and other.low is not None and self.high < other.low
        )


NOT_KNOWN = Estimate()


def known(value: float) -> float | None:
    """`value` as a Python float, None for NaN and infinities."""
    return float(value) if np.isfinite(value) else None


def z_of(level: float) -> float:
    """The two-sided normal quantile, 1.96 for 0.95; ValueError unless 0 < level < 1."""
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not {level}")
    return NormalDist().inv_cdf((1 + level) / 2)


def two_sided_p(z: float) -> float:
    """Probability that a standard normal is at least as far from zero as `z`."""
    return 2 * NormalDist().cdf(-abs(z))
