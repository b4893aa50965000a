"""Sentences about the comparison with the rivals: movers, expected wins, one opportunity. In both languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from analytics import format as show
from analytics.comparison import US
from analytics.findings import Finding
from analytics.i18n import t


def expected(portfolio: pd.DataFrame, lang: str) -> Finding:
    """How many wins the comparison expects beside those that the stages promise (rows of ask.win_portfolio)."""
    total = portfolio[portfolio["stage"] == ""]
    if total.empty or not total["compared"].iloc[0]:
        return Finding(t("comparison.expected.nothing", lang), "nothing")
    row = total.iloc[0].to_dict()
    fields = {
        "compared": show.number(row["compared"]),
        "n": show.number(row["n"]),
        "expected": show.number(row["expected"]),
        "low": show.number(row["expected_low"]),
        "high": show.number(row["expected_high"]),
        "promised": show.number(row["promised"]),
    }
    if not show.is_known(row["promised"]) or row["n_promised"] < row["compared"]:
        return Finding(t("comparison.expected.alone", lang, **fields), "unclear")
    is_apart = not row["expected_low"] <= row["promised"] <= row["expected_high"]
    side = "agrees" if not is_apart else "hopeful" if row["promised"] > row["expected_high"] else "modest"
    return Finding(t(f"comparison.expected.{side}", lang, **fields), "clear" if is_apart else "unclear")


def moved(movers: pd.DataFrame, lang: str) -> Finding:
    """Who moved most in the last week (rows of ask.win_movers, the largest move first)."""
    if movers.empty:
        return Finding(t("comparison.moved.nothing", lang), "nothing")
    row = movers.iloc[0].to_dict()
    name = row["name"] if isinstance(row["name"], str) and row["name"] != "nan" else row["opportunity_id"]
    fields = {
        "n": show.number(movers.attrs.get("total", len(movers))),
        "name": name,
        "before": show.rate(row["p_before"]),
        "after": show.rate(row["p"]),
        "why": why(row, lang),
    }
    return Finding(t("comparison.moved.some", lang, **fields), "clear")


def why(row: Mapping[Any, Any], lang: str) -> str:
    """The term that moved a win rate most (columns why_* of ask.win_movers)."""
    if not isinstance(row.get("why_axis"), str) or row["why_axis"] == "nan":
        return t("comparison.why.nothing", lang)
    term = {name: row.get(f"why_{name}") for name in ("party", "axis", "before", "after", "points")}
    return t("comparison.why.most", lang, term=driver(term, lang), points=show.points(row["why_points"] / 100, lang))


def driver(row: Mapping[Any, Any], lang: str) -> str:
    """One term of comparison.drivers: whose score went from what to what."""
    is_us = row["party"] == US
    if row["axis"] in ("entered", "left"):
        return t(f"comparison.driver.{row['axis']}", lang, party=party(row["party"], lang))
    written = show.rate if row["axis"] == "conditions" else show.number
    fields = {"before": written(row["before"]), "after": written(row["after"])}
    if row["axis"] == "conditions":
        return t("comparison.driver.conditions", lang, **fields)
    key = f"comparison.driver.{'our' if is_us else 'their'}_{row['axis']}"
    return t(key, lang, party=party(row["party"], lang), **fields)


def party(name: str, lang: str) -> str:
    """What a party is called."""
    return t(f"comparison.party.{name}", lang) if name in (US, "phantom") else name


def standing(
    now: Mapping[str, Any], lang: str, *, as_of: date, silent_days: int, is_closed: bool = False
) -> tuple[str, list[str]]:
    """Where one opportunity stands (ask.win_story()["standing"]), without judging it, and what stands below that
    title. What nobody has assessed for `silent_days`, or before it closed, is not said as if it held today, and
    suggests nothing."""
    assessed = pd.Timestamp(now["assessed_week"]).date()
    is_old = (as_of - assessed).days >= silent_days  # from when on the event "silent" is told as well
    parts = [t("comparison.standing.rate", lang, p=show.rate(now["p"]), p_us=show.rate(now["p_us"]))]
    if pd.isna(now["g"]):
        parts = [t("comparison.standing.no_g", lang, p_us=show.rate(now["p_us"]))]
    more = []
    if now["is_phantom"]:
        parts.append(t("comparison.standing.phantom", lang))
    elif now["rival"]:
        ratio = show.number(now["ratio"], digits=2)
        more.append(t("comparison.standing.rival", lang, rival=now["rival"], ratio=ratio))
    if now["volatility"] is not None:
        more.append(t("comparison.standing.volatility", lang, points=show.number(now["volatility"], digits=1)))
    if is_closed or is_old:
        key = "closed" if is_closed else "old"
        parts.insert(0, t(f"comparison.standing.{key}", lang, day=show.day(assessed, lang)))
    elif now["hint"]:
        parts.append(t("comparison.standing.hint", lang, hint=t(f"strategy.{now['hint']}.short", lang)))
        more.append(t("comparison.standing.hint_says", lang, hint=t(f"strategy.{now['hint']}", lang)))
    return t("comparison.and", lang).join(parts), more
