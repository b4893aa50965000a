"""Does presales answer in time, and do its hours go where they bring something: response, waste, return, lift, load."""

from __future__ import annotations

from typing import Any

import streamlit as st

from analytics import cards, findings_support
from analytics import format as fmt
from analytics.cards.support import KINDS
from analytics.cards.who import caller
from analytics.metrics import registry
from analytics.view import View
from data.scope import UNKNOWN
from pages._parts import cache, context, side_by_side, states
from pages._parts.context import t
from pages._parts.kpi_tile import Figure, tiles_by_segment

TILES = ("response_days", "waste_share", "hours", "return", "lift")
_LOAD = ["owner_name", "hours", "hours_each", "n", "requests", "team", "segment"]


def render(view: View) -> None:
    """Draw the page."""
    if not cache.ask().support_measured(view):
        states.not_measured("support.table")
        return
    with states.guard("support_tiles"):
        tiles_by_segment(view, "support", TILES, _figure)
    ask, look, made = cache.ask(), context.look(), cards.support
    for make in (made.response, made.trend, made.conditions):
        with states.guard(f"support_{make.__name__}"):
            side_by_side.draw(make(ask, view, look))
    _load(view)


def _figure(key: str, row: dict[Any, Any]) -> Figure:
    look = context.look()
    name = look.called("segment", row["segment"]) if row["segment"] else registry.get(f"support.{key}").label[look.lang]
    if not fmt.is_known(row["value"]):
        return Figure(name, fmt.UNKNOWN, t(f"reason.{row['reason']}"))
    return Figure(name, *_words(key, row))


def _words(key: str, row: dict[Any, Any]) -> tuple[str, str]:
    """The value of a tile and what is said below it."""
    lang, rules = context.lang(), context.now().settings.support
    n = fmt.number(row["n"])
    if key == "response_days":
        note = t("support.response.n", n=n, p90=findings_support.hours(row["p90"], lang),
                 hours=fmt.number(rules.sla_hours), sla=fmt.rate(row["sla_share"]), waiting=fmt.number(row["waiting"]))
        return findings_support.hours(row["value"], lang), note
    if key == "waste_share":
        interval = fmt.interval(row["low"], row["high"], lang)
        return fmt.rate(row["value"]), t("support.waste.n", interval=interval, hours=fmt.number(row["hours"]))
    if key == "hours":
        note = t("support.hours.n", hours=fmt.number(row["hours"]), n=n)
        return t("support.hour", n=fmt.number(row["value"], digits=1)), note
    if key == "return":
        cost = fmt.amount(row["cost"], lang, currency=context.look().currency)
        return t("support.times", n=fmt.number(row["value"], digits=1)), t("support.return.n", cost=cost)
    interval = fmt.interval(row["low"], row["high"], lang, "points")
    return fmt.points(row["value"], lang), t("support.lift.n", interval=interval, n=n)


def _load(view: View) -> None:
    """How evenly the hours lie, per segment, and the sellers with the most per opportunity."""
    with states.guard("support_load"):
        found, called = cache.ask().support_load(view), caller(cache.ask(), view, context.look())
        sentences = [_evenness(row) for row in found["segments"].to_dict("records") if row["segment"] != UNKNOWN]
        sellers = found["sellers"]
        shown = sellers[sellers["hours"] > 0].rename(columns={"value": "hours_each"})
        shown = shown.assign(owner_name=[called("owner_id", i) for i in shown["owner_id"]])
        title = t("support.load.title")
        if len(shown):
            most = shown.loc[shown["hours"].idxmax()]
            title = t("fact.load", name=most["owner_name"], hours=fmt.number(most["hours"]), n=fmt.number(most["n"]))
        side_by_side.table_card(title, " · ".join([*sentences, t("support.load.measured")]), shown,
                                key="support_load", columns=_LOAD, kinds=KINDS)


def _evenness(row: dict[Any, Any]) -> str:
    fields = {"segment": context.look().called("segment", row["segment"]), "sellers": fmt.number(row["sellers"]),
              "value": t("support.hour", n=fmt.number(row["value"], digits=1))}
    if not fmt.is_known(row["gini"]):
        return t("support.load.only", **fields)
    return t("support.load", gini=fmt.number(row["gini"], digits=2), **fields)


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
