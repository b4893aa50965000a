"""What each method says of everything that is open, cell by cell. Pure.

historical   P(won in the period | pipeline, segment, stage, age in the stage, expected close), learned from the same
             point of the last eight quarters that were over then: won / n, each finer cell drawn towards its coarser
             one by (won + k p) / (n + k); times the amount, times what won opportunities brought of their amount
comparison   the comparison's win rate x share of these promises that used to come inside the period; opportunities that
             are not compared count by the historical chance
crm          the CRM's own probability, of what it expects to close in the period
weighted     the stage's default probability, of what is expected to close in the period

Formulas: METHOD B18; shrinkage: METHOD B7. Segments are never pooled: each learns from its own past.
Columns added to the cells: trials (opportunities of which the method says anything), p (mean chance of being won in the
period), per_win (amount that a win brings, base currency), spread (variance of one amount).
"""

from __future__ import annotations

import numpy as np

from analytics.cells import Cells
from analytics.forecast_counts import LEVELS, summed

METHODS = ("historical", "comparison", "crm", "weighted")
#: Those that learn from past quarters; the others take promises as they are.
LEARNING = METHODS[:2]


def of_cells(cells: Cells, past: Cells, method: str, shrinkage: float) -> Cells:
    """The cells of one day with what the method says of each; `past`: those of the quarters learned from."""
    if method not in LEARNING:
        return _promised(cells, "crm" if method == "crm" else "default")
    return _learned(cells, past, shrinkage, with_comparison=method == "comparison")


def chances(past: Cells, cells: Cells, shrinkage: float) -> np.ndarray:
    """P(won in the period) of every cell, from the counts n and won of the past; NaN for a pipeline and segment of
    which nothing was ever won: nobody knows whether it cannot be, or whether the past is told by halves (an export that
    names the segment of closed opportunities only).

    Per pipeline and segment won / n; each of LEVELS refines it: (won + k p) / (n + k), p the level before (METHOD B7).
    """
    n, won = summed(past, cells, "stratum", "n", "won")
    chance = np.where(won > 0, _over(won, n), np.nan)
    for level in LEVELS:
        n, won = summed(past, cells, level, "n", "won")
        chance = (won + shrinkage * chance) / (n + shrinkage)
    return np.asarray(chance.round(12))


def _promised(cells: Cells, source: str) -> Cells:
    """What somebody promised of the opportunities that are expected to close in the period."""
    trials = np.where(cells["due"] == "in", cells[f"n_{source}"], 0)
    promise, amount = cells[f"{source}_sum"], cells[f"{source}_amount"]
    return cells.assign(trials=trials, p=_over(promise * (trials > 0), trials).clip(0, 1).round(12),
                        per_win=_over(amount, promise), spread=_spread(cells))


def _learned(cells: Cells, past: Cells, shrinkage: float, *, with_comparison: bool) -> Cells:
    """Chances and amounts learned from the past; a segment without wins in the past has no trials."""
    known = chances(past, cells, shrinkage)
    chance, n, amount = np.nan_to_num(known), cells["n"], cells["amount"]
    realised, of_missing = _realised(past, cells)
    wins, priced = chance * n, chance * amount
    if with_comparison:
        inside, compared = _inside(past, cells, shrinkage), cells["n_compared"]
        wins = np.minimum(inside * cells["p_sum"], compared) + chance * (n - compared)
        priced = inside * cells["p_amount"] + chance * (amount - cells["compared_amount"])
    total = priced * realised + chance * cells["amount_missing"] * of_missing
    return cells.assign(trials=np.where(np.isnan(known), 0, cells["n"]), p=_over(wins, n).clip(0, 1).round(12),
                        per_win=_over(total, wins), spread=_spread(cells) * realised**2)


def _realised(past: Cells, cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Per cell what won opportunities of its segment brought: as a share of their open amount (1 where nobody knows),
    and the mean amount of those that had none yet (0 where nobody knows)."""
    won, known, opened, missing = summed(past, cells, "stratum", "won_amount", "won_amount_known", "won_open_amount",
                                         "won_missing")
    return _over(known, opened, 1.0), _over(won - known, missing)


def _inside(past: Cells, cells: Cells, shrinkage: float) -> np.ndarray:
    """Wins inside the period per win that the comparison promised, by segment, refined by the expected close."""
    won, promised = summed(past, cells, "stratum", "compared_won", "p_sum")
    fine_won, fine_promised = summed(past, cells, "close", "compared_won", "p_sum")
    return np.asarray((fine_won + shrinkage * _over(won, promised)) / (fine_promised + shrinkage))


def _spread(cells: Cells) -> np.ndarray:
    """Variance of one opportunity's amount within its cell."""
    priced = cells["n"] - cells["amount_missing"]
    mean = _over(cells["amount"], priced)
    return np.maximum(_over(cells["amount_square"], priced) - mean**2, 0.0)


def _over(top: np.ndarray, bottom: np.ndarray, otherwise: float = 0.0) -> np.ndarray:
    """top / bottom, and `otherwise` where there is nothing below."""
    return np.divide(top, bottom, out=np.full(len(top), otherwise), where=bottom > 0)
