"""Which groups win more or less than the others of the same segment, by more than chance? Pure (analytics/apart.py)."""

from __future__ import annotations

import pandas as pd

from analytics import apart as comparison
from analytics.findings import Finding, Name
from analytics.format import number, rate
from analytics.i18n import t
from analytics.statistics.estimate import CLAIM
from data.scope import UNKNOWN

#: Most groups that a sentence names.
_NAMED = 3


def apart(cells: pd.DataFrame, by: str) -> pd.DataFrame:
    """Every group against the others of its segment: rows of win_rate.count by apart.keys(by), with what apart.others
    adds; a claim holds at the level of one."""
    return comparison.others(cells[cells["n"] > 0].reset_index(drop=True), by, "won", claim=CLAIM)


def said(frame: pd.DataFrame, by: str, lang: str, *, what: str, name: Name = str, segment: Name = str) -> Finding:
    """Rows of `apart` in a sentence: who differs most from the others of its segment, or that nobody does beyond
    chance; `segment`: what a segment is called."""
    judged, known = frame[frame["gap"].notna()], frame[frame[by] != UNKNOWN]
    if known[by].nunique() == 1:
        n = known["n"].sum()
        fields = {"name": name(known[by].iloc[0]), "value": rate(known["won"].sum() / n), "n": number(n)}
        return Finding(t("win_groups.alone", lang, what=what, **fields), "too_few")
    if judged[by].nunique() < 2:
        return Finding(t("win_groups.too_few", lang, what=what), "too_few")
    found = judged[judged["is_apart"]]
    if found.empty:
        key = "none_within" if judged["within"].any() else "none"
        return Finding(t(f"win_groups.{key}", lang, what=what, n=number(judged[by].nunique())), "unclear")
    found = found.loc[found["gap"].abs().sort_values(ascending=False, kind="stable").index]
    words = [
        t("win_groups.one_within" if row["within"] else "win_groups.one", lang, name=name(row[by]),
          segment=segment(row["within"]), value=rate(row["value"]), rest=rate(row["rest"]))
        for row in found.head(_NAMED).to_dict("records")
    ]
    more = len(found) - _NAMED
    if more > 0:
        words.append(t("win_groups.more", lang, n=number(more)))
    return Finding(t("win_groups.some", lang, what=what, names=t("win_groups.and", lang).join(words)), "clear")
