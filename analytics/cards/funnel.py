"""Cards of conversion from stage to stage: one per pipeline and segment, on one scale."""

from __future__ import annotations

from functools import partial
from typing import Literal

import pandas as pd

from analytics import findings, findings_facts
from analytics import format as fmt
from analytics.ask import Ask
from analytics.cards.card import Card, Look, Native, Series, catalogued
from analytics.charts import facets as parts
from analytics.charts import flow as flow_chart
from analytics.charts import funnel as chart
from analytics.charts.facets import Facet
from analytics.view import View
from data.contracts import CLOSING_KINDS

READINGS = ("reached", "strict", "cohort", "stock", "matured")
Weight = Literal["count", "amount"]
_COUNTED = ["stage", "next_stage", "n", "reached", "lost", "open", "regressed"]
_COLUMNS = [*_COUNTED, "value", "low", "high", "target", "amount_n", "amount_value", "skip_rate", "regress_rate",
            "out_of_order", "immature_share", "void", "deleted", "future", "entry_unknown"]
_KINDS = (dict.fromkeys(("skip_rate", "immature_share", "target"), "rate")
          | dict.fromkeys(("out_of_order", "void", "deleted", "future", "entry_unknown"), "number"))


@catalogued
def rates(ask: Ask, view: View, look: Look, reading: str = "reached", weight: Weight = "count") -> list[Card]:
    """The share that comes to the next stage, in one of the five readings, against comparison and standard."""
    metric = f"conversion.{reading}"
    frame = ask.standards(metric, view, ("segment",))
    other = ask.compared(view)
    before = None if other is None else ask.metric(metric, other, ("segment",))
    drawn = [f for f in (frame, before) if f is not None]
    extent = parts.reach(drawn, "value" if weight == "count" else "amount_value")
    cards = []
    for number, facet in enumerate(parts.facets(frame, look.settings)):
        mine, was = facet.of(frame), None if before is None else facet.of(before)
        usable = chart.comparable(was)
        figure = chart.rates(mine, look.names, look.theme, by=weight, comparison=was,
                             standard=mine if weight == "count" else None, extent=extent)
        is_uneven = was is not None and usable is not None and len(usable) < len(mine)
        measured = "funnel.measured.stock" if reading == "stock" else f"funnel.measured.{weight}"
        column = "value" if weight == "count" else "amount_value"
        series = [Series(look.t("pack.actual"), column)]
        if weight == "count" and mine["target"].notna().any():
            series.append(Series(look.t("pack.standard"), "target", "standard"))
        cards.append(Card(
            f"funnel_rates_{number}", _title(facet, mine, look, reading, weight), look.t(measured), figure, mine, view,
            definition_key=metric, columns=_COLUMNS, kinds=_KINDS, question=metric, segment=facet.segment,
            notes=(look.t("funnel.not_compared"),) if is_uneven else (),
            native=Native("bar", "stage", tuple(series), number="rate")))
    return cards


def _title(facet: Facet, frame: pd.DataFrame, look: Look, reading: str, weight: Weight) -> str:
    """The finding, where it rests on the very numbers that are drawn; else what is drawn."""
    name = facet.name(look.lang, look.settings)
    if weight == "amount" or reading in ("stock", "matured"):
        return look.t(f"funnel.title.{weight}", segment=name, reading=look.t(f"funnel.reading.{reading}"))
    said = findings.weakest_step(frame, look.lang, what=name, name=partial(look.stage, facet.pipeline))
    whole = said.strength in ("too_few", "nothing")  # such a finding names the segment itself
    return said.text if whole else look.t("funnel.card", segment=name, finding=said.text)


@catalogued
def outcomes(ask: Ask, view: View, look: Look, reading: str = "reached") -> list[Card]:
    """What became of those that came to each stage: further, lost, still open."""
    metric = f"conversion.{reading}"
    frame = ask.standards(metric, view, ("segment",))
    widest = parts.largest([frame], "n")
    return [
        Card(f"funnel_outcomes_{number}", _lost_most(facet, facet.of(frame), look), look.t("funnel.outcomes.measured"),
             chart.outcomes(facet.of(frame), look.names, look.theme, extent=widest), facet.of(frame), view,
             definition_key=metric, columns=_COUNTED, question=metric, segment=facet.segment,
             native=Native("funnel", "stage", (Series(look.t("column.n"), "n"),)))
        for number, facet in enumerate(parts.facets(frame, look.settings))]


def _lost_most(facet: Facet, frame: pd.DataFrame, look: Look) -> str:
    name = facet.name(look.lang, look.settings)
    said = findings_facts.lost_most(frame, look.lang, what=name, name=partial(look.stage, facet.pipeline))
    return said or look.t("funnel.outcomes", segment=name)


@catalogued
def flow(ask: Ask, view: View, look: Look) -> list[Card]:
    """The ways through each pipeline, skips and moves back included."""
    frame = ask.flow(view)
    cards = []
    for number, facet in enumerate(parts.facets(frame, look.settings)):
        pipeline = next((p for p in look.settings.pipelines if p.key == facet.pipeline), None)
        stages = [s.key for s in pipeline.stages if s.kind in ("open", "won")] if pipeline else []
        segment = pipeline.segments[0] if pipeline and len(pipeline.segments) == 1 else None
        part, name = facet.of(frame), facet.name(look.lang, look.settings)
        closing = [s.key for s in pipeline.stages if s.kind in CLOSING_KINDS] if pipeline else []
        drawn = flow_chart.through(part, closing)
        cards.append(Card(
            f"funnel_flow_{number}",
            findings_facts.moves(part, look.lang, what=name) or look.t("funnel.flow", segment=name),
            look.t("funnel.flow.measured"),
            flow_chart.sankey(drawn, stages, look.names, look.theme, segment=segment), part, view,
            columns=["from_stage", "to_stage", "exit_kind", "n", "amount"], question="flow", segment=segment,
            notes=_not_drawn(part, drawn, stages, look),
            native=Native("picture")))
    return cards


def _not_drawn(part: pd.DataFrame, drawn: pd.DataFrame, stages: list[str], look: Look) -> tuple[str, ...]:
    """Which opportunities begin where no bar stands, and how many they are: nobody is dropped in silence."""
    began = drawn[drawn["exit_kind"] == "entry"]
    aside = {"closed_only": part["n"].sum() - drawn["n"].sum(),
             "elsewhere": began.loc[~began["to_stage"].isin(stages), "n"].sum()}
    return tuple(look.t(f"funnel.flow.{key}", n=fmt.number(n)) for key, n in aside.items() if n)
