"""Why a rate changed between two periods: other customers (mix), or other success with the same ones (rate). Pure.

Exact and symmetric (Kitagawa 1955, JASA 50:1168; the two-factor case of Das Gupta 1978): with w a segment's share of
what was closed, r its win rate, R the rate of all, 0 before and 1 now,

    mix   = Σ (w1 − w0) · ((r0 + r1)/2 − (R0 + R1)/2)
    rate  = Σ (r1 − r0) · (w0 + w1)/2
    mix + rate = R1 − R0

Subtracting (R0 + R1)/2 changes no sum, because the shares add to one; it makes a segment's own part readable: more of
a segment that wins above the average lifts the rate. A segment closed in one period only has no change of rate: all
of its part is mix. Simpson's case: every segment's rate moved one way and the total the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd

from analytics.cells import Cells
from analytics.metrics.frames import ratio
from analytics.statistics.estimate import CLAIM, LEVEL, NOT_KNOWN, Estimate, z_of
from analytics.statistics.intervals import difference

#: What `split` adds to the counts. *_before: the earlier period; share = part of what was closed; contribution = mix +
#: rate_effect. low, high: Newcombe's limits of `change`; is_real: those at the level of a claim exclude 0. On the
#: total's row (is_total) also the limits of both effects, is_mix_real and is_rate_real (at that level), is_simpson.
ADDED = ("rate_before", "rate", "share_before", "share", "change", "low", "high", "is_real", "mix", "rate_effect",
         "contribution", "mix_low", "mix_high", "rate_low", "rate_high", "is_mix_real", "is_rate_real", "is_simpson",
         "reason")
_COUNTS = ("n_before", "x_before", "n", "x")
#: Fewest closed in each period for a statement about a segment.
MIN_N = 5
#: Simpson's case looks at the segments with enough cases; what is left over may be this part of a period at most.
LEFT_OVER = 0.05


def split(parts: pd.DataFrame, by: str, *, sigma_z: float = 1.0, level: float = LEVEL) -> pd.DataFrame:
    """The change of a rate, split into mix and rate per segment; the total comes last (is_total).

    In, one row per segment: `by`, x_before, n_before, x, n (successes and cases, or amounts) and, for amounts,
    effective_n_before, effective_n (how many equal deals they are worth as evidence; without them: the n).
    Limits of the total's change are widened by `sigma_z` (analytics/fluctuation.py); those of segments are for all of
    them together (Bonferroni). reason: "" | nothing_closed (in one of the periods) | no_amounts (none, or a segment
    is_one_sided: the whole cannot be split where a part of it has no rate; one without any amount weighs nothing).

    >>> deals = pd.DataFrame({"segment": ["KA", "SMB"], "x_before": [20, 300], "n_before": [100, 600],
    ...                       "x": [84, 156], "n": [400, 300]})
    >>> split(deals, "segment")[["segment", "change", "mix", "rate_effect"]].round(4).values.tolist()
    [['KA', 0.01, -0.0836, 0.0036], ['SMB', 0.02, -0.0471, 0.0129], ['', -0.1143, -0.1307, 0.0164]]
    """
    return _as_frame([_split(parts, by, sigma_z, level)], by)


def _split(parts: Mapping[str, np.ndarray] | pd.DataFrame, by: str, sigma_z: float, level: float) -> dict[str, Any]:
    """`split` as columns."""
    cells = _Cells(parts)
    size = len(cells.n0)
    columns: dict[str, Any] = {by: [*parts[by], ""], "is_total": np.arange(size + 1) == size}
    for name, values in (("n_before", cells.n0), ("x_before", cells.x0), ("n", cells.n1), ("x", cells.x1)):
        columns[name] = [*values, values.sum()]
    is_empty = not (cells.n0.sum() > 0 and cells.n1.sum() > 0)
    if is_empty or ("is_one_sided" in parts and parts["is_one_sided"].any()):
        has_none = "reason" in parts and (parts["reason"] == "no_amounts").any()
        return columns | _unknown(size + 1, "no_amounts" if has_none else "nothing_closed")
    before, now = np.array([*cells.shown0, cells.total0]), np.array([*cells.shown1, cells.total1])
    mix, rate = (np.array([*part, part.sum()]) for part in (cells.mix(), cells.rate()))
    columns |= {"rate_before": before, "rate": now, "share_before": [*cells.w0, 1.0], "share": [*cells.w1, 1.0],
                "change": now - before, "mix": mix, "rate_effect": rate, "contribution": mix + rate,
                "reason": [""] * (size + 1)}
    return columns | _certainty(cells, float(mix[-1]), float(rate[-1]), sigma_z, level)


def _as_frame(parts: Sequence[Mapping[str, Any]], by: str) -> pd.DataFrame:
    """The columns of splits, one below the other."""
    names = [by, "is_total", *_COUNTS, *ADDED, *(name for name in ("before", "now") if name in parts[0])]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in names}
    return pd.DataFrame(joined).astype({name: "str" for name in (by, "reason", "before", "now") if name in joined})


#: The columns that both periods bring to `paired`.
_MEASURED = ("x", "total", "effective_n")


def paired(before: pd.DataFrame, now: pd.DataFrame, by: str) -> pd.DataFrame:
    """Two answers of win_trend.measured as one row per segment, ready for `split`; absent from a period: 0 there.
    reason: no_amounts where a segment has no rate by amount in one of them, else ""; is_one_sided as there."""
    return pd.DataFrame(_paired(before, now, by)).astype({by: "str", "reason": "str"})


def _paired(before: Cells | pd.DataFrame, now: Cells | pd.DataFrame, by: str) -> dict[str, np.ndarray]:
    """`paired` as columns."""
    groups = sorted({*before[by], *now[by]})
    place = {group: i for i, group in enumerate(groups)}
    found = {by: np.array(groups, dtype=object)}
    flags = {name: np.zeros(len(groups), dtype=bool) for name in ("no_amounts", "is_one_sided")}
    for side, end in ((before, "_before"), (now, "")):
        at = [place[group] for group in side[by]]
        for name in _MEASURED:
            values = np.zeros(len(groups))
            values[at] = side[name]
            found[("n" if name == "total" else name) + end] = values
        flags["no_amounts"][at] |= np.asarray(side["reason"] == "no_amounts", dtype=bool)
        flags["is_one_sided"][at] |= np.asarray(side["is_one_sided"], dtype=bool)
    reason = np.where(flags["no_amounts"], "no_amounts", "").astype(object)
    return found | {"is_one_sided": flags["is_one_sided"], "reason": reason}


def chain(frame: pd.DataFrame, by: str, names: Sequence[str], *, sigma_z: float = 1.0,
          level: float = LEVEL) -> pd.DataFrame:
    """`split` from each of the periods `names` to the next: its rows with `before` and `now`, oldest first.

    In: `by`, period, x, total, effective_n, is_one_sided, reason. Certainties hold for all changes (Bonferroni).
    """
    pairs = list(pairwise(names))
    each = 1 - (1 - level) / max(1, len(pairs))
    cells = Cells.of(frame[[by, "period", *_MEASURED, "is_one_sided", "reason"]])
    sides = {name: cells.where(cells["period"] == name) for name in names}
    parts = []
    for before, now in pairs:
        part = _split(_paired(sides[before], sides[now], by), by, sigma_z, each)
        parts.append(part | {"before": [before] * len(part[by]), "now": [now] * len(part[by])})
    return _as_frame(parts, by) if parts else none(by)


def none(by: str) -> pd.DataFrame:
    """The answer where there are no two periods: the columns of `split`, no rows."""
    empty = {name: np.zeros(0) for name in (by, *_COUNTS, "before", "now")} | {"is_total": np.zeros(0, dtype=bool)}
    return _as_frame([empty | _unknown(0, "nothing_closed")], by)


class _Cells:
    """Both periods as arrays over segments: successes, cases, evidence, shares and rates."""

    def __init__(self, parts: Mapping[str, np.ndarray] | pd.DataFrame) -> None:
        self.x0, self.n0, self.x1, self.n1 = (_column(parts, c) for c in ("x_before", "n_before", "x", "n"))
        self.e0, self.e1 = (_column(parts, c) if c in parts else n
                            for c, n in (("effective_n_before", self.n0), ("effective_n", self.n1)))
        self.w0, self.w1 = (ratio(n, n.sum()) for n in (self.n0, self.n1))
        self.shown0, self.shown1 = ratio(self.x0, self.n0), ratio(self.x1, self.n1)
        # a segment that is absent from one period has the other one's rate there: no change of rate, all of it mix
        self.r0 = np.nan_to_num(np.where(self.n0 > 0, self.shown0, self.shown1))
        self.r1 = np.nan_to_num(np.where(self.n1 > 0, self.shown1, self.shown0))
        self.total0, self.total1 = (float(np.nan_to_num(ratio(x.sum(), n.sum())))
                                    for x, n in ((self.x0, self.n0), (self.x1, self.n1)))

    def mix(self) -> np.ndarray:
        """What each segment's growth or shrinking did."""
        return (self.w1 - self.w0) * ((self.r0 + self.r1) / 2 - (self.total0 + self.total1) / 2)

    def rate(self) -> np.ndarray:
        """What each segment's own change of rate did."""
        return (self.r1 - self.r0) * (self.w0 + self.w1) / 2

    def errors(self) -> tuple[float, float]:
        """Standard errors of both effects (delta method; counts multinomial over segments, wins binomial within)."""
        v0, v1 = (_share_variance(r * e, e) for r, e in ((self.r0, self.e0), (self.r1, self.e1)))
        v0, v1 = np.where(self.n0 > 0, v0, v1), np.where(self.n1 > 0, v1, v0)
        middle, moved = (self.r0 + self.r1) / 2, self.r1 - self.r0
        shift, average = self.w1 - self.w0, (self.w0 + self.w1) / 2
        mix = (shift**2 * (v0 + v1) / 4).sum() + sum(_spread(w, middle) / e.sum() for w, e in self._evidence())
        rate = (average**2 * (v0 + v1)).sum() + sum(_spread(w, moved / 2) / e.sum() for w, e in self._evidence())
        return sqrt(mix), sqrt(rate)

    def _evidence(self) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        return (self.w0, self.e0), (self.w1, self.e1)

    def is_simpson(self) -> bool:
        """Every segment with enough cases moved one way (or stayed), the total the other."""
        is_large = np.minimum(self.e0, self.e1) >= MIN_N
        moved, change = (self.r1 - self.r0)[is_large], self.total1 - self.total0
        left_over = max(self.w0[~is_large].sum(), self.w1[~is_large].sum())
        if is_large.sum() < 2 or left_over > LEFT_OVER or abs(change) < 1e-12:
            return False
        return bool((moved * np.sign(change) <= 0).all() and (moved * np.sign(change) < 0).any())


def _certainty(cells: _Cells, mix: float, rate: float, sigma_z: float, level: float) -> dict[str, Any]:
    """The columns of ADDED that say how sure all this is; `mix` and `rate`: the total's effects."""
    claimed = 1 - (1 - level) * (1 - CLAIM) / (1 - LEVEL)
    shown, strict = (_limits(cells, sigma_z, at) for at in (level, claimed))
    enough = np.minimum([*cells.e0, cells.e0.sum()], [*cells.e1, cells.e1.sum()]) >= MIN_N
    found: dict[str, Any] = {
        "low": [np.nan if f.low is None else f.low for f in shown],
        "high": [np.nan if f.high is None else f.high for f in shown],
        "is_real": enough & np.array([f.excludes(0) for f in strict]),
    }
    is_total = np.arange(len(shown)) == len(shown) - 1
    effects = list(zip(("mix", "rate"), (mix, rate), cells.errors(), strict=True))
    for name, total, error in effects:
        found[f"{name}_low"] = np.where(is_total, total - z_of(level) * error, np.nan)
        found[f"{name}_high"] = np.where(is_total, total + z_of(level) * error, np.nan)
    for name, total, error in effects:
        found[f"is_{name}_real"] = is_total & enough[-1] & (abs(total) > z_of(claimed) * error)
    return found | {"is_simpson": is_total & cells.is_simpson()}


def _limits(cells: _Cells, sigma_z: float, level: float) -> list[Estimate]:
    """Newcombe's limits of every segment's change, for all of them together, and of the total's, widened."""
    each = 1 - (1 - level) / max(1, len(cells.n0))
    wide = max(1.0, sigma_z) ** 2
    e0, e1 = [*cells.e0, cells.e0.sum() / wide], [*cells.e1, cells.e1.sum() / wide]
    r0, r1 = [*cells.r0, cells.total0], [*cells.r1, cells.total1]
    levels = [each] * len(cells.n0) + [level]
    return [difference(b * m, m, a * n, n, level=one) if min(n, m) > 0 else NOT_KNOWN
            for a, n, b, m, one in zip(r0, e0, r1, e1, levels, strict=True)]


def _unknown(size: int, reason: str) -> dict[str, Any]:
    """The columns of an answer that cannot be given, and why."""
    flags = {name: np.zeros(size, dtype=bool) for name in ADDED if name.startswith("is_")}
    return dict.fromkeys(ADDED, np.full(size, np.nan)) | flags | {"reason": [reason] * size}


def _column(parts: Mapping[str, np.ndarray] | pd.DataFrame, name: str) -> np.ndarray:
    return np.nan_to_num(np.asarray(parts[name], dtype=float))


def _share_variance(x: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Variance of shares, never zero: one success and one failure are added (Agresti & Caffo 2000)."""
    p = (x + 1) / (n + 2)
    return p * (1 - p) / (n + 2)


def _spread(weights: np.ndarray, values: np.ndarray) -> float:
    """Variance of `values` over segments drawn with `weights`."""
    return float((weights * (values - (weights * values).sum()) ** 2).sum())
