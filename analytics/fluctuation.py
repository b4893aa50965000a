"""Is this move real? Win rates over time with the limits within which chance and usual variation keep them. Pure.

Control chart for shares (p-chart, Shewhart 1931) with Laney's correction (p′, Quality Engineering 14, 2002): the
standardised shares z = (p − p̄) / √(p̄(1 − p̄)/n) move from period to period by more than chance where deals hang
together (a fair, a budget year, one buyer with ten deals). Their mean moving range / 1.128 is sigma_z; the limits
are p̄ ± 3 · sigma_z · √(p̄(1 − p̄)/n). sigma_z below 1 is taken as 1: a quiet past promises nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analytics.cells import Cells
from analytics.metrics.frames import ratio
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
#: Fewest closed on either side of a split in time.
MIN_SIDE = 20

#: A group is named only at this level: whoever looks every week sees one false alarm in a hundred looks, not in twenty.
NAMED = 0.99
#: The dimension that is always shown and never pooled silently.
PRIMARY = "segment"


def control(frame: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Adds centre line, limits and signals to shares over time, for each group of `by` on its own.

    In: periods in time order within each group; effective_n (cases, or Kish's number for amounts), value (share;
    NaN for an empty period), is_usable (False: neither part of the centre nor judged, e.g. a period still running).
    Where a column `phase` is given, each phase has a centre and limits of its own: after a move that is more than
    chance the usual range is that of the new level, and the move itself is no usual variation.
    Added: centre, lower, upper, sigma_z (NaN: too few periods to know it), is_small (too few cases to be judged),
    signal: "" | above | below (outside the limits) | run_above | run_below (one of RUN in a row on one side).
    """
    found: dict[str, Any] = {name: np.full(len(frame), np.nan) for name in ("centre", "lower", "upper", "sigma_z")}
    found |= {"is_small": np.zeros(len(frame), dtype=bool), "signal": np.full(len(frame), "", dtype=object)}
    value, n = frame["value"].to_numpy(float), frame["effective_n"].to_numpy(float)
    is_used = frame["is_usable"].to_numpy(bool) & (n > 0) & ~np.isnan(value)
    phase = frame["phase"].to_numpy(int) if "phase" in frame else np.zeros(len(frame), dtype=int)
    for rows in _groups(frame, by):
        for name, values in _judged(value[rows], n[rows], is_used[rows], phase[rows]).items():
            found[name][rows] = values
    return frame.assign(**found | {"signal": pd.Series(found["signal"], index=frame.index, dtype="str")})


def _groups(frame: pd.DataFrame, by: Sequence[str]) -> Iterable[np.ndarray]:
    """The rows of each group, in their order."""
    if not by:
        return [np.arange(len(frame))]
    return frame.groupby(list(by), sort=False, dropna=False, observed=True).indices.values()


def _judged(value: np.ndarray, n: np.ndarray, is_used: np.ndarray, phase: np.ndarray) -> dict[str, Any]:
    """What `control` adds to one group."""
    centre = np.full(len(value), np.nan)
    for each in np.unique(phase):
        mine = is_used & (phase == each)
        centre[phase == each] = centre_of(value[mine], n[mine])
    sigma_z = dispersion(value[is_used], n[is_used], centre[is_used])
    with np.errstate(divide="ignore", invalid="ignore"):
        half = LIMIT * max(1.0, np.nan_to_num(sigma_z, nan=1.0)) * np.sqrt(centre * (1 - centre) / n)
        is_small = ~(n * np.minimum(centre, 1 - centre) >= MIN_EXPECTED)
    half = np.where(n > 0, half, np.nan)
    lower, upper = np.maximum(centre - half, 0), np.minimum(centre + half, 1)
    signal = _signals(value, centre, lower, upper, is_used & ~is_small, phase)
    return {"centre": centre, "lower": lower, "upper": upper, "sigma_z": sigma_z, "is_small": is_small,
            "signal": signal}


def centre_of(value: np.ndarray, n: np.ndarray) -> float:
    """The share of all periods together; NaN for none."""
    return float((value * n).sum() / n.sum()) if n.sum() > 0 else np.nan


def dispersion(value: np.ndarray, n: np.ndarray, centre: np.ndarray | None = None) -> float:
    """Laney's sigma_z of shares in time order: 1 where chance alone moves them; NaN for fewer than MIN_PERIODS.

    `centre`: the level of each period, where it is not the same for all.

    >>> round(dispersion(np.array([0.5, 0.4] * 4), np.full(8, 100)), 3)  # moves of 0.1, twice the standard error
    1.782
    """
    centre = np.full(len(value), centre_of(value, n)) if centre is None else centre
    if len(value) < MIN_PERIODS or not ((centre > 0) & (centre < 1)).all():
        return np.nan
    z = (value - centre) / np.sqrt(centre * (1 - centre) / n)
    return float(np.abs(np.diff(z)).mean() / D2)


def _signals(value: np.ndarray, centre: np.ndarray, lower: np.ndarray, upper: np.ndarray, is_judged: np.ndarray,
             phase: np.ndarray) -> list[str]:
    found = [""] * len(value)
    side = np.where(is_judged, np.sign(np.nan_to_num(value - centre)), 0) * (phase + 1)  # a run ends with its phase
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
#: either side; rest_change: the same of all other groups of the dimension; z, p: did the group itself change;
#: tests, p_adjusted: after everything that was tried; p_rest: was it more than the others did, adjusted as well;
#: is_moved: its own change is more than chance; is_real: and more than that of the others (the whole has no others).
SHIFTS = ("dimension", "value", "since", "n_before", "won_before", "rate_before", "n_after", "won_after", "rate_after",
          "change", "rest_change", "z", "p", "tests", "p_adjusted", "p_rest", "is_moved", "is_real")


def shifts(counts: pd.DataFrame, *, sigma_z: float = 1.0, level: float = LEVEL) -> pd.DataFrame:
    """Whose rate moved to another level, and since when: one row per group, those that really did come first, the most
    certain on top.

    In: dimension, value, period (names in time order), won, n, one row each; the whole is dimension "".
    Every period start with enough closed on both sides is tried (score test of two shares, pooled; the whole's is
    divided by `sigma_z`). p is adjusted for everything that was tried (Bonferroni): whoever looks at a hundred groups
    and ten quarters finds one that "fell" in pure noise too; the whole and the groups are two questions, each with its
    own `tests`. A group that passes at level NAMED (is_moved) must also have moved apart from the rest of its dimension
    (log odds, Haldane's correction), so that a fall of everybody is nobody's. That is adjusted for everything tried as
    well: when everybody falls, those that fell a little more by chance are the ones that pass. The dimension PRIMARY
    is a question of its own, because it is always looked at; of two groups the comparison is one, not two.
    """
    cells = Cells.of(counts[["dimension", "value", "period", "won", "n"]])
    tried = [_tried(name, cells.where(cells["dimension"] == name), max(1.0, sigma_z))
             for name in dict.fromkeys(cells["dimension"])]
    frame = pd.DataFrame({name: np.concatenate([part[name] for part in tried]) for name in tried[0]} if tried else {})
    if frame.empty:
        return pd.DataFrame(columns=list(SHIFTS))
    frame["p"] = [two_sided_p(z) for z in frame["z"]]
    is_whole = frame["dimension"] == ""
    frame["tests"] = np.where(is_whole, is_whole.sum(), (~is_whole).sum())
    frame["p_adjusted"] = np.minimum(1.0, frame["p"] * frame["tests"])
    frame["far"] = -frame["z"].abs().round(9)
    best = frame.sort_values(["far", "dimension", "value", "since"], kind="stable")
    best = best.drop_duplicates(["dimension", "value"])
    passed = best["p_adjusted"] < np.where(best["dimension"] == "", 1 - level, 1 - NAMED)
    apart = np.array([two_sided_p(z) for z in best["z_rest"]]) * _looks(frame, best["dimension"])
    best["p_rest"] = np.where(best["dimension"] == "", np.nan, np.minimum(1.0, apart))
    best["is_moved"], best["is_real"] = passed, passed & ~(best["p_rest"] >= 1 - level)
    order = best.assign(second=~best["is_real"]).sort_values(["second", "far"], kind="stable")
    return best.loc[order.index, list(SHIFTS)].reset_index(drop=True)


def _looks(tried: pd.DataFrame, dimensions: pd.Series) -> np.ndarray:
    """For each of `dimensions`: how many comparisons of a group with the rest belong to the same question."""
    values: dict[str, list[str]] = {}
    for dimension, value in zip(tried["dimension"], tried["value"], strict=True):
        values.setdefault(dimension, []).append(value)
    looks = {d: len(each) / (2 if len(set(each)) == 2 else 1) for d, each in values.items() if d}
    others = sum(n for d, n in looks.items() if d != PRIMARY)
    return np.array([looks[d] if d == PRIMARY else max(1.0, others) for d in dimensions])


def _tried(dimension: str, part: Cells, sigma_z: float) -> dict[str, np.ndarray]:
    """Every group and split in time of one dimension that has enough cases."""
    values, value = np.unique(part["value"], return_inverse=True)
    names, name = np.unique(part["period"], return_inverse=True)
    n, won = np.zeros((2, len(values), len(names)))
    np.add.at(n, (value, name), part["n"])
    np.add.at(won, (value, name), part["won"])
    n0, x0 = n.cumsum(axis=1)[:, :-1], won.cumsum(axis=1)[:, :-1]
    n1, x1 = n.sum(axis=1, keepdims=True) - n0, won.sum(axis=1, keepdims=True) - x0
    is_whole = dimension == ""
    pooled = ratio(x0 + x1, n0 + n1)
    enough = np.minimum(n0, n1) * np.minimum(pooled, 1 - pooled) >= MIN_EXPECTED
    place, cut = np.nonzero(enough & (np.minimum(n0, n1) >= MIN_SIDE))
    m0, y0, m1, y1 = (a.sum(axis=0)[cut] - a[place, cut] for a in (n0, x0, n1, x1))
    n0, x0, n1, x1, pooled = (a[place, cut] for a in (n0, x0, n1, x1, pooled))
    change = x1 / n1 - x0 / n0
    z = change / np.sqrt(pooled * (1 - pooled) * (1 / n0 + 1 / n1)) / (sigma_z if is_whole else 1.0)
    nobody = np.full(len(place), np.nan)
    return {
        "dimension": np.full(len(place), dimension, dtype=object), "value": values[place], "since": names[cut + 1],
        "n_before": n0.astype("int64"), "won_before": x0.astype("int64"), "rate_before": x0 / n0,
        "n_after": n1.astype("int64"), "won_after": x1.astype("int64"), "rate_after": x1 / n1, "change": change,
        "rest_change": nobody if is_whole else ratio(y1, m1) - ratio(y0, m0), "z": z,
        "z_rest": nobody if is_whole else apart_from((x0, n0, x1, n1), (y0, m0, y1, m1))}


def apart_from(group: tuple[np.ndarray, ...], rest: tuple[np.ndarray, ...]) -> np.ndarray:
    """How far the change of log odds of a group is from that of the rest, in standard errors (Haldane's correction);
    each is successes and cases before, successes and cases since."""
    total, variance = np.zeros_like(group[0]), np.zeros_like(group[0])
    for sign, (x0, n0, x1, n1) in ((1, group), (-1, rest)):
        for side, x, n in ((1, x1, n1), (-1, x0, n0)):
            total = total + sign * side * (np.log(x + 0.5) - np.log(n - x + 0.5))
            variance = variance + 1 / (x + 0.5) + 1 / (n - x + 0.5)
    return total / np.sqrt(variance)
