"""Cards of the time that each stage takes: one per pipeline and segment, on one scale."""

from __future__ import annotations

from functools import partial

from analytics import findings, findings_facts, periods
from analytics import format as fmt
from analytics.ask import Ask
from analytics.cards.card import Card, Look, Native, Series, alone, catalogued
from analytics.charts import days, trend
from analytics.charts import facets as parts
from analytics.charts import survival as survival_chart
from analytics.charts.facets import Facet
from analytics.view import View

MEANS = ("converted_mean", "dwell_mean")
#: months of entry that a trend shows
_MONTHS = 24
_COLUMNS = ["stage", "n", "events", "censored", "value", "low", "high", "target", "entry_unknown", "invalid",
            "approximate"]
_KINDS = (dict.fromkeys(("value", "low", "high", "target", "mean", "median"), "days")
          | dict.fromkeys(("entry_unknown", "invalid", "approximate"), "number"))
_SURVIVAL = ["stage", "days", "at_risk", "events", "censored", "survival", "low", "high"]
_SURVIVAL_KINDS = {"survival": "rate", "low": "rate", "high": "rate", "days": "number", "at_risk": "number"}
_TREND = ["stage", "month", "n", "events", "censored", "median", "low", "high", "mean"]


@catalogued
def statistics(ask: Ask, view: View, look: Look, mean: str = "converted_mean") -> list[Card]:
    """Mean, median, P75 and P90 of each stage."""
    metrics = {"mean": f"stage_days.{mean}", **{s: f"stage_days.{s}" for s in days.STATISTICS[1:]}}
    frames = {s: ask.standards(key, view, ("segment",)) for s, key in metrics.items()}
    other = ask.compared(view)
    before = None if other is None else {s: ask.metric(key, other, ("segment",)) for s, key in metrics.items()}
    extent, shifts = days.scale(frames, before), ask.stage_shifts(view)
    curves = ask.survival(view, ("segment",)) if findings.is_watch_needed(frames["median"]) else None
    cards = []
    for number, facet in enumerate(parts.facets(frames["median"], look.settings)):
        mine = {s: facet.of(f) for s, f in frames.items()}
        was = None if before is None else {s: facet.of(f) for s, f in before.items()}
        name = facet.name(look.lang, look.settings)
        stage = partial(look.stage, facet.pipeline)
        watched = None if curves is None else findings.watched(facet.of(curves))
        said = findings.slowest_stage(mine["median"], look.lang, what=name, name=stage, watched=watched)
        moved = findings.stage_shift(facet.of(shifts), look.lang, what=name, name=stage)
        whole = said.strength in ("too_few", "nothing")  # such a finding names the segment itself
        title = moved.text or (said.text if whole else look.t("days.card", segment=name, finding=said.text))
        figure = days.statistics(mine, look.names, look.theme, extent=extent, comparison=was, standard=mine)
        cards.append(Card(
            f"days_statistics_{number}", title,
            look.t(f"days.measured.{view.days}"), figure, mine["median"], view, definition_key=metrics["median"],
            columns=_COLUMNS, kinds=_KINDS, question=metrics["median"], segment=facet.segment,
            native=Native("bar", "stage", (Series(look.t("pack.median"), "value"),), number="days")))
    return cards


@catalogued
def survival(ask: Ask, view: View, look: Look) -> list[Card]:
    """Who is still in the stage after how many days."""
    medians, frame = ask.standards("stage_days.median", view, ("segment",)), ask.survival(view, ("segment",))
    shown = parts.facets(medians, look.settings)
    extent = survival_chart.horizon(*(facet.of(frame) for facet in shown))
    cards = []
    for number, facet in enumerate(shown):
        figure = survival_chart.curves(facet.of(frame), look.names, look.theme, medians=facet.of(medians),
                                       extent=extent)
        name = facet.name(look.lang, look.settings)
        said = findings_facts.still_there(facet.of(frame), look.lang, what=name,
                                          name=partial(look.stage, facet.pipeline))
        cards.append(Card(
            f"days_survival_{number}", said or look.t("days.survival", segment=name),
            look.t("days.survival.measured"), figure, facet.of(frame), view, definition_key="stage_days.median",
            columns=_SURVIVAL, kinds=_SURVIVAL_KINDS, question="stage_days.median", segment=facet.segment,
            native=Native("step", "days", (Series("", "survival"),), split="stage", number="rate")))
    return cards


def entry_trend(ask: Ask, view: View, look: Look, facet: Facet, stage: str, number: int = 0) -> Card:
    """One stage by month of entry, over two years whatever the period."""
    view = view.with_(start=periods.full_months(_MONTHS, view.as_of).start)
    mine = facet.of(ask.entry_trend(view, ("segment",), pipeline=facet.pipeline, stage=stage))
    if not mine["median"].notna().any():
        return alone(f"days_trend_{number}", look.t("days.trend", stage=look.stage(facet.pipeline, stage)), view,
                     look.t("days.trend.none", n=fmt.number(look.settings.standards.min_events)))
    figure = trend.line(mine, look.names, look.theme, value="median", kind="days", unit=look.t("days.unit"))
    return Card(
        f"days_trend_{number}", look.t("days.trend", stage=look.stage(facet.pipeline, stage)),
        look.t("days.trend.measured"), figure, mine, view, definition_key="stage_days.median", columns=_TREND,
        kinds=_KINDS, question="stage_days.median", segment=facet.segment,
        native=Native("line", "month", (Series(look.t("pack.median"), "median"),), number="days"))
