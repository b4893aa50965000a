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
from analytics.statistics.estimate import CLAIM, LEVEL, NOT_KNOWN, Estimate
from analytics.statistics.intervals import difference
from data.scope import UNKNOWN

#: Fewest closed of a group (and of the rest) that is judged.
MIN_N = 20
#: Most groups that a sentence names.
_NAMED = 3


def apart(frame: pd.DataFrame, by: str, level: float = LEVEL) -> pd.DataFrame:
    """Adds rest (rate of all others), gap (value - rest), gap_low, gap_high and is_apart to rows of win_rate.count.

    In: `by`, n, won, one row per group. Rows below MIN_N and the unknown group are not judged (NaN, False). The limits
    are those of `level`; is_apart: even those of a claim exclude 0.
    """
    won, n = frame["won"].to_numpy(float), frame["n"].to_numpy(float)
    rest_won, rest_n = won.sum() - won, n.sum() - n
    is_judged = (n >= MIN_N) & (rest_n >= MIN_N) & (frame[by] != UNKNOWN).to_numpy()
    count = max(1, int(is_judged.sum()))

    def gaps(level: float) -> list[Estimate]:
        each = 1 - (1 - level) / count
        return [
            difference(won[i], n[i], rest_won[i], rest_n[i], level=each) if is_judged[i] else NOT_KNOWN
            for i in range(len(frame))
        ]

    rest = np.divide(rest_won, rest_n, out=np.full(len(frame), np.nan), where=rest_n > 0)
    shown = gaps(level)
    value = np.divide(won, n, out=np.full(len(frame), np.nan), where=n > 0)
    return frame.assign(
        rest=rest,
        gap=np.where(is_judged, value - rest, np.nan),
        gap_low=[np.nan if found.low is None else found.low for found in shown],
        gap_high=[np.nan if found.high is None else found.high for found in shown],
        is_apart=[found.excludes(0) for found in gaps(CLAIM)],
    )


def said(frame: pd.DataFrame, by: str, lang: str, *, what: str, name: Name = str) -> Finding:
    """Rows of `apart` in a sentence: who differs most from the others, or that nobody does beyond chance."""
    judged, known = frame[frame["gap"].notna()], frame[frame[by] != UNKNOWN]
    if len(known) == 1:
        row = known.iloc[0]
        fields = {"name": name(row[by]), "value": rate(row["value"]), "n": number(row["n"])}
        return Finding(t("win_groups.alone", lang, what=what, **fields), "too_few")
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
