"""Cards of data quality: how far bad records could move the numbers, what is not filled in, what is not known."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics import findings_quality, i18n
from analytics import format as fmt
from analytics.ask import Ask
from analytics.cards.card import Card, Look, Native, alone, catalogued, known
from analytics.cards.who import namer, segments
from analytics.charts import measures, shares
from analytics.charts.style import label
from analytics.metrics import registry
from analytics.view import View

BY = ("stage", "team", "segment", "owner_id", "region", "product_line")
_SHOWN = 10
EFFECTS = ["problem_name", "segment_name", "metric_name", "rows_concerned", "now", "could_from", "could_to", "relative",
           "how"]
EFFECTS_KINDS = {"relative": "rate", "rows_concerned": "number"}


@catalogued
def effects(ask: Ask, view: View, look: Look) -> list[Card]:
    """How far each problem of the records could move a headline."""
    found = ask.quality_effects(view)
    said = findings_quality.worst_effect(found, look.lang, look.settings, lambda v, metric: _written(v, metric, look))
    if found.empty:  # good news needs no chart
        return [alone("quality_effects", said.text, view)]
    frame = effects_in_words(found, look)
    if frame["down"].isna().all():  # no number is known that could move: the list below names the records
        return [alone("quality_effects", said.text, view)]
    figure = measures.ranges(frame.head(_SHOWN), look.names, look.theme, title=lambda row: label(row["title"], 60))
    return [Card("quality_effects", said.text, look.t("quality.effects.chart"), figure, frame, view, columns=EFFECTS,
                 kinds=EFFECTS_KINDS, drill=False,
                 native=Native("bar", "title", look.series("relative"), number="rate", most=_SHOWN))]


def _written(value: float, metric: str, look: Look) -> str:
    return look.value(value, registry.get(metric).unit)


def effects_in_words(found: pd.DataFrame, look: Look) -> pd.DataFrame:
    """Rows of ask.quality_effects in words."""
    rows = found.to_dict("records")
    segments, metrics = ([look.called("segment", r["segment"]) for r in rows],
                         [look.t(f"quality.metric.{r['metric']}") for r in rows])
    problems = [look.t(f"quality.problem.{r['problem']}") for r in rows]
    values = {name: [_written(r[column], r["metric"], look) for r in rows]
              for name, column in (("now", "value"), ("could_from", "low"), ("could_to", "high"))}
    return found.assign(problem_name=problems, how=[look.t(f"quality.how.{r['problem']}") for r in rows],
                        segment_name=segments, metric_name=metrics, rows_concerned=found["rows"], **values,
                        title=[" · ".join(parts) for parts in zip(segments, metrics, problems, strict=True)])


@catalogued
def fields(ask: Ask, view: View, look: Look) -> list[Card]:
    """Which pieces of information are filled in where they should be."""
    frame, whole = ask.quality_fields(view), ask.metric("quality.completeness", view).iloc[0]
    share = whole["value"] if fmt.is_known(whole["value"]) else None
    rows = frame[frame["n"] > 0].reset_index(drop=True)
    rows = rows.assign(field_name=[look.t(f"quality.field.{f}") for f in rows["field"]])
    if rows.empty:
        return [alone("quality_fields", look.t("quality.fields.none"), view, _nothing_asked(ask, view, look))]
    measured = _pooled(look.t("quality.fields.measured"), ask, view, look)
    if missing := frame.attrs.get("not_loaded"):
        names = look.t("view.and").join(look.t(f"quality.field.{f}") for f in missing)
        measured = look.t("text.two", first=measured, second=look.t("quality.fields.not_loaded", names=names))
    figure = shares.rows(rows, look.names, look.theme, title=lambda r: label(r["field_name"]), mark=(), extent=1.0)
    return [Card("quality_fields", findings_quality.least_filled(frame, share, look.lang).text, measured, figure, rows,
                 view, definition_key="quality.completeness",
                 columns=["field_name", "n", "filled", "missing", "value"],
                 kinds={"filled": "number", "missing": "number"}, drill=False, with_period=False,
                 native=Native("bar", "field_name", look.series("value"), number="rate"))]


def _pooled(measured: str, ask: Ask, view: View, look: Look) -> str:
    """What is measured, and that it is of all segments where there are several in the view."""
    return look.t("quality.pooled", measured=measured) if len(segments(ask, view)) > 1 else measured


def _nothing_asked(ask: Ask, view: View, look: Look) -> str:
    """Why nothing can be said of completeness: the metric's own reason."""
    return look.t(f"reason.{ask.metric('quality.completeness', view)['reason'].iloc[0]}")


@catalogued
def completeness(ask: Ask, view: View, look: Look, by: str = "stage") -> list[Card]:
    """How complete records are by stage, team …"""
    groups = ["pipeline", "stage"] if known(by, BY) == "stage" else [by]
    frame, name = ask.metric("quality.completeness", view, groups), namer(ask, view, look, by)

    def called(row: dict[Any, Any]) -> str:
        if by == "stage":
            return f"{look.called('pipeline', row['pipeline'])} · {look.stage(row['pipeline'], row['stage'])}"
        return name(row[by])
    title = look.t("quality.by.title", by=i18n.dimension_label(by, look.lang))
    if not frame["value"].notna().any():
        return [alone("quality_by", title, view, _nothing_asked(ask, view, look))]
    figure = shares.rows(frame, look.names, look.theme, title=lambda row: label(called(row), 40), mark=(), extent=1.0)
    frame = frame.assign(group_name=pd.Series([called(row) for row in frame.to_dict("records")], dtype="str"))
    least = frame.loc[frame["value"].idxmin()]
    title = look.t("fact.least_complete", by=i18n.dimension_label(by, look.lang).lower(), name=least["group_name"],
                   value=fmt.rate(least["value"]), n=fmt.number(least["n"]))
    return [Card("quality_by", title, look.t("quality.fields.measured"), figure, frame, view,
                 definition_key="quality.completeness", columns=[*groups, "n", "value", "reason"], drill=False,
                 with_period=False,
                 native=Native("bar", "group_name", look.series("value"), number="rate"))]


@catalogued
def unknowns(ask: Ask, view: View, look: Look) -> list[Card]:
    """How many opportunities belong to no known group of each dimension."""
    frame = ask.quality_unknowns(view)
    frame = frame.assign(dimension_name=[i18n.dimension_label(d, look.lang) for d in frame["dimension"]])
    told = frame[frame["is_exported"] & (frame["unknown"] > 0)].reset_index(drop=True)
    title = look.t("quality.unknown.none")
    if len(told):
        worst = told.iloc[0]
        title = look.t("quality.unknown.title", dimension=worst["dimension_name"], value=fmt.rate(worst["value"]))
    measured = _pooled(look.t("quality.unknown.measured"), ask, view, look)
    if never := list(frame.loc[~frame["is_exported"], "dimension_name"]):
        never_said = look.t("quality.unknown.never", names=look.t("view.and").join(never))
        measured = look.t("text.two", first=measured, second=never_said)
    figure = shares.rows(told, look.names, look.theme, title=lambda r: label(r["dimension_name"]), mark=())
    return [Card("quality_unknowns", title, measured, figure, frame, view, definition_key="quality.unknown",
                 columns=["dimension_name", "n", "unknown", "value"], kinds={"unknown": "number"}, drill=False,
                 with_period=False, native=Native("bar", "dimension_name", look.series("value"), number="rate"))]
