"""Which groups win more or less than all others together, by more than chance? Pure.

Every group is held against the rest (Newcombe's interval of the difference of two shares), for all groups of the
dimension together (Bonferroni): among thirty sellers one always looks bad.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.findings import Finding, Name
from analytics.format import number, rate
from analytics.i18n import t
from analytics.statistics.estimate import LEVEL
from analytics.statistics.intervals import difference
from data.scope import UNKNOWN

#: Fewest closed of a group (and of the rest) that is judged.
MIN_N = 20
#: Most groups that a sentence names.
_NAMED = 3


def apart(frame: pd.DataFrame, by: str, level: float = LEVEL) -> pd.DataFrame:
    """Adds rest (rate of all others), gap (value - rest), gap_low, gap_high and is_apart to rows of win_rate.count.

    In: `by`, n, won, one row per group. Rows below MIN_N and the unknown group are not judged (NaN, False).
    """
    won, n = frame["won"].to_numpy(float), frame["n"].to_numpy(float)
    rest_won, rest_n = won.sum() - won, n.sum() - n
    is_judged = (n >= MIN_N) & (rest_n >= MIN_N) & (frame[by] != UNKNOWN).to_numpy()
    each = 1 - (1 - level) / max(1, int(is_judged.sum()))
    rest = np.divide(rest_won, rest_n, out=np.full(len(frame), np.nan), where=rest_n > 0)
    gaps = [
        difference(won[i], n[i], rest_won[i], rest_n[i], level=each) if is_judged[i] else None
        for i in range(len(frame))
    ]
    low, high = (
        np.array([np.nan if g is None or getattr(g, side) is None else getattr(g, side) for g in gaps])
        for side in ("low", "high")
    )
    value = np.divide(won, n, out=np.full(len(frame), np.nan), where=n > 0)
    return frame.assign(
        rest=rest,
        gap=np.where(is_judged, value - rest, np.nan),
        gap_low=low,
        gap_high=high,
        is_apart=is_judged & ((low > 0) | (high < 0)),
    )


def said(frame: pd.DataFrame, by: str, lang: str, *, what: str, name: Name = str) -> Finding:
    """Rows of `apart` in a sentence: who differs most from the others, or that nobody does beyond chance."""
    judged = frame[frame["gap"].notna()]
    if len(judged) < 2:
        return Finding(t("win_groups.too_few", lang, what=what), "too_few")
    found = judged[judged["is_apart"]]
    if found.empty:
        return Finding(t("win_groups.none", lang, what=what, n=number(len(judged))), "unclear")
    found = found.loc[found["gap"].abs().sort_values(ascending=False, kind="stable").index]
    words = [
        t("win_groups.one", lang, name=name(row[by]), value=rate(row["value"]), rest=rate(row["rest"]))
        for row in found.head(_NAMED).to_dict("records")
    ]
    more = len(found) - _NAMED
    if more > 0:
        words.append(t("win_groups.more", lang, n=number(more)))
    return Finding(t("win_groups.some", lang, what=what, names=t("win_groups.and", lang).join(words)), "clear")
