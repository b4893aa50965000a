"""Sentences about strategies: what is suggested for what is open, and whether being stronger won. In both languages."""

from __future__ import annotations

from math import isinf, isnan
from typing import Any

import pandas as pd

from analytics import format as show
from analytics.findings import MIN_N, Finding
from analytics.i18n import t
from analytics.statistics.estimate import CLAIM
from analytics.strategy import verdict


def mix(frame: pd.DataFrame, lang: str, *, segment: str, currency: str) -> Finding:
    """What is suggested most often in one segment, and how much is far behind (rows of ask.win_strategies of it)."""
    if frame.empty or not frame["n"].any():
        return Finding(t("strategy.mix.nothing", lang), "nothing")
    top = frame.loc[frame["n"].idxmax()].to_dict()
    weak = frame[frame["hint"] == "develop"].iloc[0].to_dict()
    key = "strategy.mix.weak" if top["hint"] == "develop" else "strategy.mix.said"
    said = t(key, lang, segment=segment, of=show.number(top["of"]), n=show.number(top["n"]),
             hint=t(f"strategy.{top['hint']}.short", lang), weak=show.number(weak["n"]),
             amount=show.amount(weak["amount"], lang, currency=currency))  # fmt: skip
    recorded, differing = frame["recorded"].sum(), frame["differing"].sum()
    if recorded:
        more = t("strategy.mix.differs", lang, recorded=show.number(recorded), differing=show.number(differing))
        said = f"{said}{'; ' if lang == 'en' else '；'}{more}"
    return Finding(said, "clear")


def by_ratio(bands: pd.DataFrame, lang: str, *, segment: str) -> Finding:
    """Did being stronger win? Claimed only where the trend over the bands is beyond chance (rows of ask.win_by_ratio of
    one segment). Named are the weakest and the strongest band with at least MIN_N in it."""
    found = verdict(bands)
    fields: dict[str, Any] = {"segment": segment, "n": show.number(found["n"])}
    if isnan(found["p"]):
        return Finding(t("strategy.ratio.few", lang, **fields), "too_few")
    if found["p"] >= 1 - CLAIM:
        return Finding(t("strategy.ratio.none", lang, **fields), "unclear")
    counted = bands[bands["n"] >= MIN_N].sort_values("band")
    for name, row in (("from", counted.iloc[0].to_dict()), ("to", counted.iloc[-1].to_dict())):
        fields |= {f"{name}_band": band(row, lang, is_short=True),
                   f"{name}_value": show.rate(row["value"], lang, digits=0)}
    return Finding(t(f"strategy.ratio.{'wins' if found['z'] > 0 else 'reversed'}", lang, **fields), "clear")


def band(row: dict[Any, Any], lang: str, *, is_short: bool = False) -> str:
    """A band of the ratio of strengths in words; `is_short`: in a sentence that names the top rival itself."""
    low, high = (show.number(row[name], lang, digits=1) for name in ("from_ratio", "to_ratio"))
    which = "above" if isinf(row["to_ratio"]) else "below" if row["from_ratio"] <= 0 else "between"
    key = "above.short" if is_short and which == "above" else which
    return t(f"strategy.ratio.{key}", lang, low=low, high=high)
