"""Which groups differ from the others of the same segment, by more than chance? Pure.

Every group is held against the rest of its segment (Newcombe's interval of the difference of two shares), for all
groups and segments together (Bonferroni): among thirty sellers one always looks bad. Segments are never pooled: a team
that has key accounts alone differs from all others by what it sells to, not by how. A group with both segments is
compared twice. What has no segment is compared only where nothing has one.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.metrics.frames import ratio
from analytics.statistics.estimate import LEVEL, NOT_KNOWN, Estimate
from analytics.statistics.intervals import difference
from data.scope import UNKNOWN

#: Fewest cases of a group (and of the rest) that is judged.
MIN_N = 20


def keys(by: str, segment: str = "segment") -> tuple[str, ...]:
    """By what is counted that `others` compares: the groups, each segment on its own."""
    return (by,) if by == segment else (by, segment)


def others(cells: pd.DataFrame, by: str, x: str, *, level: float = LEVEL, claim: float = LEVEL) -> pd.DataFrame:
    """Adds within (the segment in which the row is compared; "" where there is none), value (x / n), rest (share of all
    others there), gap (value - rest), gap_low, gap_high and is_apart to rows with n and x, one per value of `keys`.

    Rows below MIN_N and unknown groups are not judged (gap NaN, is_apart False). The limits are those of `level`;
    is_apart: even those of `claim` exclude 0.
    """
    has_segments = by != "segment" and "segment" in cells and (cells["segment"] != UNKNOWN).any()
    within = cells["segment"].astype("str") if has_segments else pd.Series("", index=cells.index, dtype="str")
    n, hits = cells["n"].to_numpy(float), cells[x].to_numpy(float)
    rest_n, rest_x = ((cells[c].groupby(within).transform("sum") - cells[c]).to_numpy(float) for c in ("n", x))
    is_judged = np.minimum(n, rest_n) >= MIN_N
    is_judged &= (cells[by] != UNKNOWN).to_numpy() & (within != UNKNOWN).to_numpy()
    tests = max(1, int(is_judged.sum()))

    def gaps(level: float) -> list[Estimate]:
        each = 1 - (1 - level) / tests
        sides = zip(hits, n, rest_x, rest_n, is_judged, strict=True)
        return [difference(*side[:4], level=each) if side[4] else NOT_KNOWN for side in sides]

    value, rest, shown = ratio(hits, n), ratio(rest_x, rest_n), gaps(level)
    return cells.assign(
        within=within, value=value, rest=rest, gap=np.where(is_judged, value - rest, np.nan),
        gap_low=[np.nan if found.low is None else found.low for found in shown],
        gap_high=[np.nan if found.high is None else found.high for found in shown],
        is_apart=np.array([found.excludes(0) for found in (shown if claim == level else gaps(claim))], dtype=bool))


def beside(frame: pd.DataFrame, compared: pd.DataFrame, by: str) -> pd.DataFrame:
    """Adds to a frame of one row per value of `by`: rest (what the others of its segments have, weighed by what of the
    group lies in each; NaN where one of them has no others), and of its comparison (rows of `others`; of several the
    one furthest apart, else the largest) within, within_n, within_value, within_rest, gap, gap_low, gap_high, is_apart.
    """
    groups = {value: i for i, value in enumerate(dict.fromkeys(compared[by]))}
    group, n = np.array([groups[value] for value in compared[by]], dtype=int), compared["n"].to_numpy(float)
    sums = (np.bincount(group, values, len(groups)) for values in (compared["rest"].to_numpy(float) * n, n))
    rests = dict(zip(groups, ratio(*sums), strict=True))
    is_apart, gap = compared["is_apart"].to_numpy(bool), compared["gap"].to_numpy(float)
    order = np.lexsort((-n, np.isnan(gap), -np.where(is_apart, np.abs(gap), 0), ~is_apart))
    first = {group[i]: i for i in order[::-1]}
    told = compared.reset_index(drop=True).reindex([first.get(groups.get(value), -1) for value in frame[by]])
    rest = np.array([rests.get(value, np.nan) for value in frame[by]], dtype=float)
    added = {"within": told["within"].fillna(""), "within_n": told["n"], "within_value": told["value"],
             "within_rest": told["rest"], **{c: told[c] for c in ("gap", "gap_low", "gap_high")},
             "is_apart": told["is_apart"].eq(True)}
    return frame.assign(rest=rest, **{c: v.to_numpy() for c, v in added.items()})
