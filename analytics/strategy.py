"""What the comparison with the rivals suggests to do, and whether being stronger won (METHOD B10). Pure.

A suggestion is never set by itself, and says nothing of opportunities without an assessed rival.
"""

from __future__ import annotations

from itertools import product
from math import inf, nan
from typing import Any

import numpy as np
import pandas as pd

from analytics import comparison
from analytics.metrics.frames import Context, added_up, ordered
from analytics.statistics.intervals import trend_p, with_wilson
from data.settings import WinRate

#: names under which a strategy may be recorded in the CRM, besides our own
_SPELLINGS = {"正面": "frontal", "防守": "defend", "侧翼": "flanking", "分割": "fragment", "发展": "develop"}
#: fewest won, and fewest lost, for a statement about what being stronger does
MIN_EACH = 10


def mix(counts: pd.DataFrame, context: Context) -> pd.DataFrame:
    """What is suggested for open opportunities, per segment and strategy (a strategy of nobody stays): segment, hint,
    n, amount, amount_missing, of (n of the segment), value (n / of), recorded (of n, the CRM holds one of the five),
    differing (of those, another one; NaN where none is recorded).

    In: rows of data/sql/strategies.sql by segment.
    """
    told = counts["strategy"].map(lambda s: _SPELLINGS.get(s, s), na_action="ignore")
    flags = zip(counts["band"], counts["is_weak"], counts["is_incumbent"], strict=True)
    hint = [comparison.suggested(int(b), is_weak=bool(w), is_incumbent=bool(i)) for b, w, i in flags]
    is_recorded = told.isin(comparison.STRATEGIES)
    frame = counts.assign(hint=pd.Series(hint, counts.index, dtype="str"), recorded=counts["n"].where(is_recorded, 0),
                          differing=counts["n"].where(is_recorded & (told != hint), 0))  # fmt: skip
    names = ["n", "amount", "amount_missing", "recorded", "differing"]
    frame = added_up(frame[["segment", "hint", *names]], ["segment", "hint"])
    frame = _complete(frame, "hint", comparison.STRATEGIES)
    whole = frame.groupby("segment")["n"].transform("sum")
    frame = frame.assign(of=whole, value=frame["n"] / whole, differing=frame["differing"].where(frame["recorded"] > 0))
    return _in_order(frame, context, "hint", comparison.STRATEGIES)


def by_ratio(counts: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Win rate per segment and band of the ratio some weeks before the close, the strongest first: segment, band,
    from_ratio, to_ratio (inf: no end), n, won, value, low, high (Wilson), unknown (closed in the segment without an
    assessed rival then), reason. In: rows of data/sql/strategy_outcomes.sql by segment."""
    rules, order = context.settings.win_rate, range(3, -1, -1)
    unknown = counts[counts["band"].isna()].groupby("segment")["n"].sum()
    known = counts[counts["band"].notna()].astype({"band": "int64"})
    frame = with_wilson(_complete(added_up(known, ["segment", "band"]), "band", order), "won", "n")
    low, high = zip(*(_bounds(b, rules) for b in frame["band"]), strict=True) if len(frame) else ((), ())
    frame = frame.assign(from_ratio=low, to_ratio=high, unknown=frame["segment"].map(unknown).fillna(0).astype("int64"),
                         reason=np.where(frame["n"] > 0, "", "nothing_closed"))  # fmt: skip
    return _in_order(frame, context, "band", order)


def verdict(bands: pd.DataFrame) -> dict[str, Any]:
    """Did being stronger win in one segment? n, won, z, p of the trend over the bands (Cochran-Armitage); z is NaN
    where fewer than MIN_EACH were won or lost. In: rows of `by_ratio` of one segment."""
    n, won = int(bands["n"].sum()), int(bands["won"].sum())
    found = trend_p(bands["won"], bands["n"], bands["band"]) if min(won, n - won) >= MIN_EACH else None
    z, p = found or (nan, nan)
    return {"n": n, "won": won, "z": z, "p": p}


def _complete(frame: pd.DataFrame, name: str, values: Any) -> pd.DataFrame:
    """A row for every value in every segment that has any; counts of nobody are 0, amounts of nobody too."""
    place = {key: i for i, key in enumerate(zip(frame["segment"], frame[name], strict=True))}
    keys = list(product(dict.fromkeys(frame["segment"]), values))
    at = np.array([place.get(key, -1) for key in keys], dtype=int)
    found: dict[str, Any] = {column: pd.Series([key[i] for key in keys], dtype=frame[column].dtype)
                             for i, column in enumerate(("segment", name))}
    for column in (c for c in frame.columns if c not in found):
        given = np.where(at >= 0, frame[column].to_numpy(float, na_value=np.nan)[at], 0)
        found[column] = given if column == "amount" else np.nan_to_num(given).astype("int64")
    return pd.DataFrame(found)


def _in_order(frame: pd.DataFrame, context: Context, name: str, values: Any) -> pd.DataFrame:
    place = {value: i for i, value in enumerate(values)}
    frame = frame.assign(place=frame[name].map(place).astype("int64"))
    return ordered(frame, context, ["segment", "place"]).drop(columns="place")


def _bounds(band: int, rules: WinRate) -> tuple[float, float]:
    edges = (0.0, *comparison.ratio_edges(rules), inf)
    return edges[band], edges[band + 1]
