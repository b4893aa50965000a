"""Where opportunities get lost: conversion from stage to stage, segment beside segment, and the ways they take."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics import findings
from analytics.charts import facets as parts
from analytics.charts import flow, funnel
from analytics.charts.facets import Facet
from analytics.charts.names import Names
from analytics.view import View
from pages._parts import cache, context, side_by_side, states, view_state
from pages._parts.chart_card import chart_card
from pages._parts.context import t
from pages._parts.escape import md_escape
from pages._parts.side_by_side import placed, table_card

READINGS = ("reached", "strict", "cohort", "stock", "matured")
WEIGHTS = ("count", "amount")
_COLUMNS = [
    "stage",
    "next_stage",
    "n",
    "reached",
    "lost",
    "open",
    "regressed",
    "value",
    "low",
    "high",
    "target",
    "amount_n",
    "amount_value",
    "skip_rate",
    "regress_rate",
    "out_of_order",
    "immature_share",
    "void",
    "deleted",
    "future",
    "entry_unknown",
]
_KINDS = {
    "skip_rate": "rate",
    "immature_share": "rate",
    "out_of_order": "number",
    "target": "rate",
    "void": "number",
    "deleted": "number",
    "future": "number",
    "entry_unknown": "number",
}


def render(view: View) -> None:
    """Draw the page."""
    metric, weight = _switches()
    frame = cache.ask().standards(metric, view, ("segment",))
    shown = parts.facets(frame, context.now().settings)
    if not shown:
        states.empty()
        return
    side_by_side.not_shown(parts.left_out(frame, context.now().settings))
    other = cache.ask().compared(view)
    before = None if other is None else cache.ask().metric(metric, other, ("segment",))
    drawn = [f for f in (frame, before) if f is not None]
    extent = parts.reach(drawn, "value" if weight == "count" else "amount_value")
    for number, facet in placed(shown):
        _rates(number, facet, facet.of(frame), before, view, metric, weight, extent)
    if metric != "conversion.stock":
        widest = parts.largest([frame], "n")
        for number, facet in placed(shown):
            _outcomes(number, facet, facet.of(frame), view, metric, widest)
    _flows(view)
    _reconcile(view, shown)


def _switches() -> tuple[str, str]:
    """Which reading of conversion, and whether opportunities or their amounts are counted."""
    reading_place, weight_place = st.columns([3, 1])
    reading = view_state.choose(
        "reading",
        t("funnel.reading"),
        list(READINGS),
        READINGS[0],
        {r: t(f"funnel.reading.{r}") for r in READINGS},
        where=reading_place,
        kind="segments",
    )
    weight = view_state.choose(
        "weight",
        t("funnel.weight"),
        list(WEIGHTS),
        WEIGHTS[0],
        {w: t(f"funnel.weight.{w}") for w in WEIGHTS},
        where=weight_place,
        kind="segments",
    )
    st.caption(md_escape(t(f"funnel.reading.{reading}.says")))
    return f"conversion.{reading}", weight


def _names() -> Names:
    return Names(context.lang(), context.now().settings)


def _title(facet: Facet, frame: pd.DataFrame, metric: str, weight: str) -> str:
    """The finding, where it rests on the very numbers that are drawn; else what is drawn."""
    here = context.now()
    name = facet.name(here.lang, here.settings)
    if weight == "amount" or metric in ("conversion.stock", "conversion.matured"):
        return t(f"funnel.title.{weight}", segment=name, reading=t(f"funnel.reading.{metric.partition('.')[2]}"))
    stage = partial(here.settings.stage_label, facet.pipeline, lang=here.lang)
    said = findings.weakest_step(frame, here.lang, what=name, name=stage)
    return t("funnel.card", segment=name, finding=said.text)


def _rates(
    number: int,
    facet: Facet,
    frame: pd.DataFrame,
    before: pd.DataFrame | None,
    view: View,
    metric: str,
    weight: Any,
    extent: float,
) -> None:
    with states.guard("funnel_rates"):
        was = None if before is None else facet.of(before)
        usable = funnel.comparable(was)
        figure = funnel.rates(
            frame,
            _names(),
            context.theme(),
            by=weight,
            comparison=was,
            standard=frame if weight == "count" else None,
            extent=extent,
        )
        chart_card(
            _title(facet, frame, metric, weight),
            figure,
            frame,
            key=f"funnel_rates_{number}",
            view=view,
            definition_key=metric,
            measured=t("funnel.measured.stock" if metric == "conversion.stock" else f"funnel.measured.{weight}"),
            columns=_COLUMNS,
            kinds=_KINDS,
            question=metric,
        )
        if was is not None and usable is not None and len(usable) < len(frame):
            st.caption(md_escape(t("funnel.not_compared")))


def _outcomes(number: int, facet: Facet, frame: pd.DataFrame, view: View, metric: str, widest: float | None) -> None:
    here = context.now()
    with states.guard("funnel_outcomes"):
        figure = funnel.outcomes(frame, _names(), context.theme(), extent=widest)
        title = t("funnel.outcomes", segment=facet.name(here.lang, here.settings))
        chart_card(
            title,
            figure,
            frame,
            key=f"funnel_outcomes_{number}",
            view=view,
            definition_key=metric,
            measured=t("funnel.outcomes.measured"),
            columns=_COLUMNS[:7],
            question=metric,
        )


def _flows(view: View) -> None:
    """The ways through each pipeline, skips and moves back included."""
    with states.guard("funnel_flow"):
        here = context.now()
        frame = cache.ask().flow(view)
        for number, facet in placed(parts.facets(frame, here.settings)):
            pipeline = next((p for p in here.settings.pipelines if p.key == facet.pipeline), None)
            stages = [s.key for s in pipeline.stages if s.kind in ("open", "won")] if pipeline else []
            segment = pipeline.segments[0] if pipeline and len(pipeline.segments) == 1 else None
            part = facet.of(frame)
            chart_card(
                t("funnel.flow", segment=facet.name(here.lang, here.settings)),
                flow.sankey(part, stages, _names(), context.theme(), segment=segment),
                part,
                key=f"funnel_flow_{number}",
                view=view,
                measured=t("funnel.flow.measured"),
                columns=["from_stage", "to_stage", "exit_kind", "n", "amount"],
                question="flow",
            )


def _reconcile(view: View, shown: list[Facet]) -> None:
    """The five readings beside each other, and why they differ."""
    here = context.now()
    with states.guard("funnel_reconcile"):
        frame = cache.ask().reconcile(view, ("segment",))
        for number, facet in enumerate(shown):  # in the full width: seven columns
            wide = parts.readings(facet.of(frame))
            table_card(
                t("funnel.reconcile", segment=facet.name(here.lang, here.settings)),
                t("funnel.reconcile.why"),
                wide,
                key=f"funnel_reconcile_{number}",
                kinds=dict.fromkeys((f"reading_{r}" for r in READINGS), "times"),
            )


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
