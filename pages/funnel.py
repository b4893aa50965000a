"""Where opportunities get lost: conversion from stage to stage, segment beside segment, and the ways they take."""

from __future__ import annotations

from typing import cast

import streamlit as st

from analytics import cards
from analytics.cards.funnel import READINGS, Weight
from analytics.charts import facets as parts
from analytics.charts.facets import Facet
from analytics.view import View
from pages._parts import cache, context, side_by_side, states, view_state
from pages._parts.context import t
from pages._parts.escape import md_escape

WEIGHTS = ("count", "amount")


def render(view: View) -> None:
    """Draw the page."""
    reading, weight = _switches()
    ask, look = cache.ask(), context.look()
    frame = ask.standards(f"conversion.{reading}", view, ("segment",))
    shown = parts.facets(frame, look.settings)
    if not shown:
        states.empty()
        return
    side_by_side.not_shown(parts.left_out(frame, look.settings))
    with states.guard("funnel_rates"):
        side_by_side.draw(cards.funnel.rates(ask, view, look, reading, weight))
    if reading != "stock":
        with states.guard("funnel_outcomes"):
            side_by_side.draw(cards.funnel.outcomes(ask, view, look, reading))
    with states.guard("funnel_flow"):
        side_by_side.draw(cards.funnel.flow(ask, view, look))
    _reconcile(view, shown)


def _switches() -> tuple[str, Weight]:
    """Which reading of conversion, and whether opportunities or their amounts are counted."""
    reading_place, weight_place = st.columns([3, 1])
    reading = view_state.choose("reading", t("funnel.reading"), list(READINGS), READINGS[0],
                                {r: t(f"funnel.reading.{r}") for r in READINGS}, where=reading_place, kind="segments")
    weight = view_state.choose("weight", t("funnel.weight"), list(WEIGHTS), WEIGHTS[0],
                               {w: t(f"funnel.weight.{w}") for w in WEIGHTS}, where=weight_place, kind="segments")
    st.caption(md_escape(t(f"funnel.reading.{reading}.says")))
    return reading, cast(Weight, weight)


def _reconcile(view: View, shown: list[Facet]) -> None:
    """The five readings beside each other, and why they differ."""
    here = context.now()
    with states.guard("funnel_reconcile"):
        frame = cache.ask().reconcile(view, ("segment",))
        for number, facet in enumerate(shown):  # in the full width: seven columns
            side_by_side.table_card(
                t("funnel.reconcile", segment=facet.name(here.lang, here.settings)), t("funnel.reconcile.why"),
                parts.readings(facet.of(frame)), key=f"funnel_reconcile_{number}",
                columns=["stage", *(f"reading_{r}" for r in READINGS), "n", "next_stage"],  # a phone shows the first
                kinds=dict.fromkeys((f"reading_{r}" for r in READINGS), "times"))


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
