"""How far a forecast may be off: many invented quarters, drawn with one seed, the same for the same figures. Pure.

Count: each cell's wins are binomial, so all together are Poisson-binomial. A quarter's own effect, common to all cells
of a pipeline and segment, multiplies their chances (gamma, mean 1, its variance learned from past quarters). Amount: a
cell's wins bring gamma-distributed sums with the mean and variance of so many of its amounts, drawn without
replacement. What is not in the pipeline yet is gamma-Poisson. P10, P50 and P90 of DRAWS quarters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from analytics.cells import Cells

SEED = 20260930
DRAWS = 2000
QUANTILES = {"low": 0.1, "mid": 0.5, "high": 0.9}


class Later(NamedTuple):
    """Wins of what is not in the pipeline yet: mean number, amount per win, variance of one amount, and the variance of
    a quarter's number relative to its mean, beyond Poisson."""

    mean: float
    per_win: float
    spread: float
    over: float


class Outcome(NamedTuple):
    """Quantiles (low, mid, high) of the number of wins and of their amount."""

    counts: dict[str, float]
    amounts: dict[str, float]


def simulate(cells: Cells, later: Sequence[Later] = (), effects: Mapping[int, float] | None = None, *,
             draws: int = DRAWS, seed: int = SEED) -> Outcome:
    """Quantiles of what is won of `cells` (columns at_stratum, trials, p, per_win, spread) and of `later`; `effects`:
    at_stratum -> variance of a quarter's own effect."""
    dice = np.random.default_rng(seed)
    counts, amounts = np.zeros(draws), np.zeros(draws)
    columns = [cells[c].astype(float) for c in ("at_stratum", "trials", "p", "per_win", "spread")]
    busy = (columns[1] > 0) & (columns[2] > 0)
    strata, *rows = (c[busy] for c in columns)
    for stratum in np.unique(strata):
        trials, p, per_win, spread = (c[strata == stratum] for c in rows)
        effect = _around_one(dice, (effects or {}).get(int(stratum), 0.0), draws)
        wins = dice.binomial(trials.astype("int64"), np.minimum(effect[:, None] * p, 1.0)).astype(float)
        left = np.divide(trials - wins, trials - 1, out=np.zeros_like(wins), where=trials > 1)
        counts += wins.sum(axis=1)
        amounts += _sums(dice, wins * per_win, wins * spread * left).sum(axis=1)
    for source in later:
        wins = dice.poisson(source.mean * _around_one(dice, source.over, draws)).astype(float)
        counts += wins
        amounts += _sums(dice, wins * source.per_win, wins * source.spread)
    return Outcome(_quantiles(counts), _quantiles(amounts))


def _around_one(dice: np.random.Generator, variance: float, draws: int) -> np.ndarray:
    """Gamma with mean 1 and this variance."""
    return dice.gamma(1 / variance, variance, draws) if variance > 1e-9 else np.ones(draws)


def _sums(dice: np.random.Generator, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Sums of amounts: gamma with this mean and variance; the mean itself where nothing varies."""
    varies = (variance > 1e-9 * mean**2) & (mean > 0)
    shape = np.divide(mean**2, variance, out=np.ones_like(mean), where=varies)
    scale = np.divide(variance, mean, out=np.zeros_like(mean), where=varies)
    return np.where(varies, dice.gamma(shape, scale), mean)


def _quantiles(values: np.ndarray) -> dict[str, float]:
    return dict(zip(QUANTILES, np.quantile(values, list(QUANTILES.values())).tolist(), strict=True))
