"""Sentences about forecasts, in both languages, that never say more than their numbers support.

As analytics/findings.py. A forecast is said with the interval in which 8 of 10 simulated quarters lie; a target is said
to be out of reach, or safe, only where it lies outside of that. A method is said to be better than another only where
chance does not explain it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import comb
from typing import Any

import pandas as pd

from analytics import format as show
from analytics.findings import Finding
from analytics.forecast_methods import LEARNING
from analytics.i18n import t
from analytics.periods import parse
from analytics.statistics.estimate import LEVEL

#: What the interval promises: the share of quarters that lie in it.
PROMISED = 0.8
#: Reasons for which a segment is not spoken of at all, although a figure could be worked out.
REFUSED = ("no_segments", "past_segments")


def chosen(accuracy: pd.DataFrame, rows: pd.DataFrame) -> str:
    """The method to speak of: the one with the smallest error in the past, or else own history where it says anything,
    or else any that does ("" = none). `accuracy`, `rows`: one group's rows of the replay and of the forecast."""
    known = rows[rows["count"].notna()]["method"].tolist()
    best = accuracy[accuracy["is_best"]]["method"].tolist()
    order = [m for m in (*best, "historical", "weighted", "crm") if m in known]
    return (order or known or [""])[0]


def refused(rows: pd.DataFrame) -> str:
    """Why nothing may be said of a segment, "" where that is not the reason (one group's rows of the forecast or of
    what it was worth)."""
    return next((reason for reason in rows["reason"] if reason in REFUSED), "")


def outlook(row: Mapping[str, Any] | None, lang: str, *, what: str, amount: bool = True, why: str = "") -> Finding:
    """What one method says of the quarter, against the target (one row of Ask.forecast, None: none says anything;
    `why` of `refused`)."""
    if row is None:
        return Finding(t("forecast.finding.nothing", lang, what=what) if not why else
                       t("forecast.finding.refused", lang, what=what, reason=t(f"reason.{why}", lang)), "nothing")
    value, low, high = ("value", "low", "high") if amount else ("count", "count_low", "count_high")
    say: Callable[[Any], str] = (lambda v: show.amount(v, lang)) if amount else (lambda v: show.number(v))
    fields = {"what": what, "period": show.period(parse(row["period"]), lang),
              "method": t(f"charts.forecast_{row['method']}", lang)}
    if row["method"] not in LEARNING and not row["used"] and not row["won"]:  # promises, and none of them for then
        return Finding(t("forecast.finding.none_due", lang, n=show.number(row["n"]), **fields), "too_few")
    if not show.is_known(row[value]):
        return Finding(t("forecast.finding.no_amount", lang, count=show.number(row["count"]), **fields), "too_few")
    shown = say(row[value]) if amount else t("forecast.finding.wins", lang, n=say(row[value]))
    fields |= {"value": shown, "low": say(row[low]), "high": say(row[high])}
    target = row["target"] if amount else None
    if not show.is_known(target):
        return Finding(t("forecast.finding.outlook", lang, **fields), "unclear")
    fields["target"] = say(target)
    key = "missed" if target > row[high] else "reached" if target < row[low] else "open"
    return Finding(t(f"forecast.finding.{key}", lang, **fields), "unclear" if key == "open" else "clear")


def proven(accuracy: pd.DataFrame, lang: str, *, what: str) -> Finding:
    """Which method was least off in past quarters, and whether that is more than chance (rows of one group)."""
    scored = accuracy[accuracy["value"].notna()]
    if scored.empty:
        why = refused(accuracy)
        return Finding(t("forecast.finding.no_replay", lang, what=what) if not why else
                       t("forecast.finding.not_replayed", lang, what=what, reason=t(f"reason.{why}", lang)), "too_few")
    same = scored[scored["shared"] > 0]
    best = same[same["is_best"]].iloc[0].to_dict()
    fields = {"what": what, "method": _method(best, lang), "value": show.rate(best["shared_value"], digits=0),
              "n": show.number(best["shared"])}
    worse = same[same["is_sure"] & (same["worse_by"] > 0)].sort_values("shared_value", ascending=False)
    if worse.empty:
        key = "best_unsure" if len(same) > 1 else "best_alone"
        return Finding(t(f"forecast.finding.{key}", lang, **fields), "unclear")
    other = worse.iloc[0].to_dict()
    return Finding(t("forecast.finding.best", lang, other=_method(other, lang),
                     other_value=show.rate(other["shared_value"], digits=0), **fields), "clear")


def held(accuracy: pd.DataFrame, lang: str) -> str:
    """In how many quarters the interval of the best method held what came; "" where nobody knows."""
    best = accuracy[accuracy["is_best"] & accuracy["coverage"].notna()]
    if best.empty:
        return ""
    n = int(best["ranged"].iloc[0])
    inside = round(best["coverage"].iloc[0] * n)
    as_few = sum(comb(n, k) * PROMISED**k * (1 - PROMISED) ** (n - k) for k in range(inside + 1))
    key = "held" if as_few >= 1 - LEVEL else "not_held"
    return t(f"forecast.finding.{key}", lang, n=show.number(n), inside=show.number(inside))


def _method(row: Mapping[str, Any], lang: str) -> str:
    return t(f"charts.forecast_{row['method']}", lang)
