"""Is this move real? Win rates over time with the limits within which chance and usual variation keep them. Pure.

Control chart for shares (p-chart, Shewhart 1931) with Laney's correction (p′, Quality Engineering 14, 2002): the
standardised shares z = (p − p̄) / √(p̄(1 − p̄)/n) move from period to period by more than chance where deals hang
together (a fair, a budget year, one buyer with ten deals). Their mean moving range / 1.128 is sigma_z; the limits
are p̄ ± 3 · sigma_z · √(p̄(1 − p̄)/n). sigma_z below 1 is taken as 1: a quiet past promises nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt

import numpy as np
import pandas as pd

from analytics.statistics.estimate import LEVEL, two_sided_p

#: Mean range of two standard normal values (Montgomery, Introduction to Statistical Quality Control, appendix VI).
D2 = 1.128
LIMIT = 3.0
#: So many periods in a row on one side of the centre are no accident (Nelson 1984, test 2).
RUN = 9
#: Fewest usable periods from which sigma_z is estimated; below it is not known, and chance alone sets the limits.
MIN_PERIODS = 8
#: Fewest expected wins and expected losses of a period that is judged (the usual rule for the normal approximation).
MIN_EXPECTED = 5
#: Fewest closed on either side of a split in time, in the group and in the rest.
MIN_SIDE = 20

_JUDGED = ("centre", "lower", "upper", "sigma_z", "signal", "is_small")


def control(frame: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Adds centre line, limits and signals to shares over time, for each group of `by` on its own.

    In: periods in time order within each group; effective_n (cases, or Kish's number for amounts), value (share;
    NaN for an empty period), is_usable (False: neither part of the centre nor judged, e.g. a period still running).
    Added: centre, lower, upper, sigma_z (NaN: too few periods to know it), is_small (too few cases to be judged),
    signal: "" | above | below (outside the limits) | run_above | run_below (one of RUN in a row on one side).
    """
    if frame.empty:
        return frame.assign(**{name: pd.Series(dtype="float64") for name in _JUDGED[:4]},
                            signal=pd.Series(dtype="str"), is_small=pd.Series(dtype="bool"))
    parts = [_judged(part) for part in _groups(frame, by)]
    return pd.concat(parts).loc[frame.index]


def _groups(frame: pd.DataFrame, by: Sequence[str]) -> Iterator[pd.DataFrame]:
    if not by:
        yield frame
        return
    for _, part in frame.groupby(list(by), sort=False, dropna=False, observed=True):
        yield part


def _judged(part: pd.DataFrame) -> pd.DataFrame:
    value, n = part["value"].to_numpy(float), part["effective_n"].to_numpy(float)
    is_used = part["is_usable"].to_numpy(bool) & (n > 0) & ~np.isnan(value)
    centre = centre_of(value[is_used], n[is_used])
    sigma_z = dispersion(value[is_used], n[is_used])
    with np.errstate(divide="ignore", invalid="ignore"):
        half = LIMIT * max(1.0, np.nan_to_num(sigma_z, nan=1.0)) * np.sqrt(centre * (1 - centre) / n)
        is_small = ~(n * min(centre, 1 - centre) >= MIN_EXPECTED)
    half = np.where(n > 0, half, np.nan)
    lower, upper = np.maximum(centre - half, 0), np.minimum(centre + half, 1)
    signal = _signals(value, centre, lower, upper, is_used & ~is_small)
    return part.assign(centre=centre, lower=lower, upper=upper, sigma_z=sigma_z, is_small=is_small,
                       signal=pd.Series(signal, index=part.index, dtype="str"))


def centre_of(value: np.ndarray, n: np.ndarray) -> float:
    """The share of all periods together; NaN for none."""
    return float((value * n).sum() / n.sum()) if n.sum() > 0 else np.nan


def dispersion(value: np.ndarray, n: np.ndarray) -> float:
    """Laney's sigma_z of shares in time order: 1 where chance alone moves them; NaN for fewer than MIN_PERIODS.

    >>> round(dispersion(np.array([0.5, 0.4] * 4), np.full(8, 100)), 3)  # moves of 0.1, twice the standard error
    1.782
    """
    centre = centre_of(value, n)
    if len(value) < MIN_PERIODS or not 0 < centre < 1:
        return np.nan
    z = (value - centre) / np.sqrt(centre * (1 - centre) / n)
    return float(np.abs(np.diff(z)).mean() / D2)


def _signals(value: np.ndarray, centre: float, lower: np.ndarray, upper: np.ndarray,
             is_judged: np.ndarray) -> list[str]:
    found = [""] * len(value)
    side = np.where(is_judged, np.sign(np.nan_to_num(value - centre)), 0)
    judged = np.flatnonzero(is_judged)
    start = 0
    for i in range(1, len(judged) + 1):
        if i < len(judged) and side[judged[i]] == side[judged[start]]:
            continue
        if i - start >= RUN and side[judged[start]] != 0:
            for place in judged[start:i]:
                found[place] = "run_above" if side[place] > 0 else "run_below"
        start = i
    for place in judged:
        if value[place] > upper[place]:
            found[place] = "above"
        elif value[place] < lower[place]:
            found[place] = "below"
    return found


#: Columns of `shifts`. `since` names the first period of the new level; *_before and *_after are the periods on
#: either side; rest_* the same for all other groups of the dimension; beyond_rest = change - rest_change.
SHIFTS = ("dimension", "value", "since", "n_before", "won_before", "rate_before", "n_after", "won_after", "rate_after",
          "change", "rest_change", "beyond_rest", "z", "p", "tests", "p_adjusted", "is_real")


def shifts(counts: pd.DataFrame, *, sigma_z: float = 1.0, level: float = LEVEL) -> pd.DataFrame:
    """Whose rate moved to another level, and since when: one row per group, the most certain first.

    In: dimension, value, period (names in time order), won, n, one row each; the whole is dimension "".
    Every period start with MIN_SIDE closed on both sides, in the group and in the rest, is tried. A group is held
    against the rest of its dimension, so that a fall of everybody is nobody's; the whole is held against itself, its
    standard error widened by `sigma_z`. p is adjusted for everything that was tried (Bonferroni): whoever looks at a
    hundred groups and ten quarters finds one that "fell" in pure noise too. The whole and the groups are two
    questions, each with its own `tests`.
    """
    tried = [row for _, part in counts.groupby("dimension", sort=False) for row in _tried(part, max(1.0, sigma_z))]
    if not tried:
        return pd.DataFrame(columns=list(SHIFTS))
    frame = pd.DataFrame(tried)
    frame["p"] = [two_sided_p(z) for z in frame["z"]]
    is_whole = frame["dimension"] == ""
    frame["tests"] = np.where(is_whole, is_whole.sum(), (~is_whole).sum())
    frame["p_adjusted"] = np.minimum(1.0, frame["p"] * frame["tests"])
    frame["is_real"] = frame["p_adjusted"] < 1 - level
    # of two groups each is the other's rest and as far from it: the one that moved itself comes first
    order = frame.assign(far=-frame["z"].abs().round(9), own=-frame["change"].abs())
    best = frame.loc[order.sort_values(["far", "own", "dimension", "value", "since"], kind="stable").index]
    return best.drop_duplicates(["dimension", "value"]).reset_index(drop=True)[list(SHIFTS)]


def _tried(part: pd.DataFrame, sigma_z: float) -> Iterator[dict[str, object]]:
    """Every group and split in time of one dimension."""
    names = sorted(part["period"].unique())
    n, won = (part.pivot_table(index="value", columns="period", values=c, aggfunc="sum", fill_value=0)
              .reindex(columns=names).astype("float64") for c in ("n", "won"))
    dimension = part["dimension"].iloc[0]
    is_whole = dimension == ""
    for place in range(1, len(names)):
        sides = [(won.iloc[:, cut].sum(axis=1).to_numpy(), n.iloc[:, cut].sum(axis=1).to_numpy())
                 for cut in (slice(None, place), slice(place, None))]
        for i, value in enumerate(n.index):
            (x0, n0), (x1, n1) = ((x[i], m[i]) for x, m in sides)
            (y0, m0), (y1, m1) = ((x.sum() - x[i], m.sum() - m[i]) for x, m in sides)
            if min(n0, n1) < MIN_SIDE or (not is_whole and min(m0, m1) < MIN_SIDE):
                continue
            yield {"dimension": dimension, "value": value, "since": names[place],
                   **_moved((x0, n0), (x1, n1), None if is_whole else ((y0, m0), (y1, m1)), sigma_z)}


def _moved(before: tuple[float, float], after: tuple[float, float], rest: tuple[tuple[float, float], ...] | None,
           sigma_z: float) -> dict[str, float]:
    """The change of a group, of the rest (if there is one), and how far apart they are in standard errors."""
    (x0, n0), (x1, n1) = before, after
    change, variance = x1 / n1 - x0 / n0, _variance(x0, n0) + _variance(x1, n1)
    if rest is None:
        other, beyond, variance = np.nan, change, variance * sigma_z**2
    else:
        (y0, m0), (y1, m1) = rest
        other = y1 / m1 - y0 / m0
        beyond, variance = change - other, variance + _variance(y0, m0) + _variance(y1, m1)
    return {"n_before": int(n0), "won_before": int(x0), "rate_before": x0 / n0, "n_after": int(n1),
            "won_after": int(x1), "rate_after": x1 / n1, "change": change, "rest_change": other,
            "beyond_rest": beyond, "z": beyond / sqrt(variance)}


def _variance(x: float, n: float) -> float:
    """Variance of a share, never zero: one win and one loss are added (Agresti & Caffo 2000)."""
    p = (x + 1) / (n + 2)
    return p * (1 - p) / (n + 2)
