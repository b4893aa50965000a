"""How good the data are, and how far bad ones could move the numbers: what to fix first."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from analytics import findings_quality, i18n
from analytics import format as fmt
from analytics.charts import measures, shares
from analytics.charts.names import Names
from analytics.charts.style import label
from analytics.metrics import registry
from analytics.view import View
from data.scope import UNKNOWN
from pages._parts import cache, chart_card, context, show, states, table, view_state
from pages._parts.context import t
from pages._parts.escape import md_escape
from pages._parts.kpi_tile import Figure, kpi_tile
from pages._parts.side_by_side import table_card

TILES = ("completeness", "duplicates", "unknown", "freshness")
BY = ("stage", "team", "segment", "owner_id", "region", "product_line")
_SHOWN = 10
_EFFECTS = [
    "problem_name",
    "segment_name",
    "metric_name",
    "rows_concerned",
    "now",
    "could_from",
    "could_to",
    "relative",
    "how",
]
_TWINS = [
    "certainty_name",
    "evidence_name",
    "first_id",
    "other_id",
    "first_name",
    "other_name",
    "product_line",
    "amount",
]


def render(view: View) -> None:
    """Draw the page."""
    with states.guard("quality_tiles"):
        _tiles(view)
    _effects(view)
    _fields(view)
    _by(view)
    _twins(view)
    _unknowns(view)
    _sources(view)


def _names() -> Names:
    return Names(context.lang(), context.now().settings)


def _segment(key: str) -> str:
    return i18n.label("segment", key, context.lang(), context.now().settings)


def _tiles(view: View) -> None:
    for place, key in zip(st.columns(len(TILES)), TILES, strict=True):
        with place:
            metric = registry.get(f"quality.{key}")
            rows = cache.ask().metric(metric.key, view, ["segment"])
            shown = rows[(rows["segment"] != UNKNOWN) & (rows["n"] > 0)]
            if shown.empty:
                shown = cache.ask().metric(metric.key, view).assign(segment=None)
            kpi_tile(metric.label[context.lang()], [_figure(key, row) for row in shown.to_dict("records")],
                     key=f"quality_{key}", definition_key=metric.key)  # fmt: skip


def _figure(key: str, row: dict[Any, Any]) -> Figure:
    name = _segment(row["segment"]) if row["segment"] else registry.get(f"quality.{key}").label[context.lang()]
    if not fmt.is_known(row["value"]):
        return Figure(name, fmt.UNKNOWN, t(f"reason.{row['reason']}"))
    counts = {c: fmt.number(row.get(c)) for c in ("n", "certain", "likely", "suspect")}
    note = t("quality.tile.duplicates" if key == "duplicates" else "quality.tile.n", **counts)
    return Figure(name, fmt.rate(row["value"]), note)


def _written(value: float, metric: str) -> str:
    return show.value(value, registry.get(metric).unit)


def _effects(view: View) -> None:
    """The fix list: bounds of the headlines, and the opportunities behind a chosen row."""
    with states.guard("quality_effects"):
        here = context.now()
        found = cache.ask().quality_effects(view)
        said = findings_quality.worst_effect(found, here.lang, here.settings, _written)
        if found.empty:  # good news needs no chart
            with st.container(border=True, key="quality_effects"):
                st.header(md_escape(said.text), anchor=False)
            return
        frame = _readable(found)
        chart_card.chart_card(
            said.text,
            measures.ranges(frame.head(_SHOWN), _names(), here.theme, title=lambda r: label(r["title"], 50)),
            frame,
            key="quality_effects",
            view=view,
            measured=t("quality.effects.chart"),
            columns=_EFFECTS,
            kinds={"relative": "rate", "rows_concerned": "number"},
            drill=False,
        )
        _fix_list(frame, view)


def _readable(found: pd.DataFrame) -> pd.DataFrame:
    """The effects in words."""
    rows = found.to_dict("records")
    words = {
        "problem_name": [t(f"quality.problem.{r['problem']}") for r in rows],
        "how": [t(f"quality.how.{r['problem']}") for r in rows],
        "segment_name": [_segment(r["segment"]) for r in rows],
        "metric_name": [t(f"quality.metric.{r['metric']}") for r in rows],
        "rows_concerned": found["rows"],
        "now": [_written(r["value"], r["metric"]) for r in rows],
        "could_from": [_written(r["low"], r["metric"]) for r in rows],
        "could_to": [_written(r["high"], r["metric"]) for r in rows],
    }
    frame = found.assign(**words)
    titles = [" · ".join([r["segment_name"], r["metric_name"], r["problem_name"]]) for r in frame.to_dict("records")]
    return frame.assign(title=titles)


def _fix_list(frame: pd.DataFrame, view: View) -> None:
    with st.container(border=True, key="quality_fix", gap="xsmall"), states.guard("quality_fix"):
        st.caption(md_escape(t("quality.effects.measured")))
        chosen = table.show(frame, _EFFECTS, kinds={"relative": "rate", "rows_concerned": "number"},
                            alt=t("quality.effects.chart"), key="quality_fix_table", select=True)  # fmt: skip
        if chosen is None:
            return
        row = frame.iloc[chosen]
        found = cache.ask().quality_rows(view, str(row["problem"]), str(row["segment"]))
        said = t("quality.rows", n=fmt.number(found.attrs.get("total", len(found))), problem=row["problem_name"])
        st.markdown(f"**{md_escape(said)}**")
        picked = table.show(found, list(chart_card.BEHIND), alt=said, key="quality_rows_table", select=True)
        if picked is not None:
            view_state.go("opportunity", id=str(found.iloc[picked]["opportunity_id"]))


def _fields(view: View) -> None:
    with states.guard("quality_fields"):
        frame = cache.ask().quality_fields(view)
        whole = cache.ask().metric("quality.completeness", view).iloc[0]
        share = whole["value"] if fmt.is_known(whole["value"]) else None
        said = findings_quality.least_filled(frame, share, context.lang())
        asked = frame[frame["n"] > 0].reset_index(drop=True)
        asked = asked.assign(field_name=[t(f"quality.field.{f}") for f in asked["field"]])
        measured = t("quality.fields.measured")
        if missing := frame.attrs.get("not_loaded"):
            names = t("view.and").join(t(f"quality.field.{f}") for f in missing)
            measured = f"{measured}. {t('quality.fields.not_loaded', names=names)}"
        figure = shares.rows(
            asked, _names(), context.theme(), title=lambda r: label(r["field_name"]), mark=(), extent=1.0
        )
        chart_card.chart_card(
            said.text,
            figure,
            asked,
            key="quality_fields",
            view=view,
            measured=measured,
            definition_key="quality.completeness",
            columns=["field_name", "n", "filled", "missing", "value"],
            kinds={"filled": "number", "missing": "number"},
            with_period=False,
            drill=False,
        )


def _by(view: View) -> None:
    """Completeness by stage, team …"""
    with states.guard("quality_by"):
        here = context.now()
        labels = {d: i18n.dimension_label(d, here.lang) for d in BY}
        by = view_state.choose("quality_by", t("quality.by"), list(BY), BY[0], labels, width=260)
        frame = cache.ask().metric("quality.completeness", view, ["pipeline", "stage"] if by == "stage" else [by])

        def title(row: dict[Any, Any]) -> str:
            if by == "stage":
                return f"{_names().pipeline(row['pipeline'])} · {_names().stage(row['pipeline'], row['stage'])}"
            return label(owners.get(row[by]) or i18n.label(by, row[by], here.lang, here.settings), 40)

        owners = cache.owner_names() if by == "owner_id" else {}
        figure = shares.rows(frame, _names(), here.theme, title=title, mark=(), extent=1.0)
        chart_card.chart_card(
            t("quality.by.title", by=labels[by]),
            figure,
            frame,
            key="quality_by",
            view=view,
            measured=t("quality.fields.measured"),
            definition_key="quality.completeness",
            columns=[*(["pipeline", "stage"] if by == "stage" else [by]), "n", "value", "reason"],
            with_period=False,
            drill=False,
        )


def _twins(view: View) -> None:
    with states.guard("quality_twins"):
        here = context.now()
        found = cache.ask().quality_twins(view)
        said = findings_quality.recorded_twice(cache.ask().quality_twin_groups(view), here.lang, here.settings)
        frame = found.assign(certainty_name=[t(f"quality.certainty.{c}") for c in found["certainty"]],
                             evidence_name=[t(f"quality.evidence.{k}") for k in found["kind"]])  # fmt: skip
        codes = {name: fmt.number(n) for name, n in cache.ask().quality_codes(view).items()}
        caption = f"{t('quality.twins.measured')}. {t('quality.codes', **codes)}"
        table_card(said.text, caption, frame, key="quality_twins", columns=_TWINS)


def _unknowns(view: View) -> None:
    with states.guard("quality_unknowns"):
        lang = context.lang()
        frame = cache.ask().quality_unknowns(view)
        frame = frame.assign(dimension_name=[i18n.dimension_label(d, lang) for d in frame["dimension"]])
        told = frame[frame["is_exported"] & (frame["unknown"] > 0)].reset_index(drop=True)
        title = t("quality.unknown.none")
        if len(told):
            worst = told.iloc[0]
            title = t("quality.unknown.title", dimension=worst["dimension_name"], value=fmt.rate(worst["value"]))
        measured = t("quality.unknown.measured")
        if never := list(frame.loc[~frame["is_exported"], "dimension_name"]):
            measured = f"{measured}. {t('quality.unknown.never', names=t('view.and').join(never))}"
        figure = shares.rows(told, _names(), context.theme(), title=lambda r: label(r["dimension_name"]), mark=())
        chart_card.chart_card(title, figure, frame, key="quality_unknowns", view=view, measured=measured,
                              columns=["dimension_name", "n", "unknown", "value"], kinds={"unknown": "number"},
                              definition_key="quality.unknown", with_period=False, drill=False)  # fmt: skip


def _sources(view: View) -> None:
    with states.guard("quality_sources"):
        days = context.now().settings.quality.stale_days
        frame = cache.ask().quality_sources(view)
        frame = frame.assign(source_name=[t(f"quality.source.{s}") for s in frame["source"]])
        stale = list(frame.loc[frame["is_stale"], "source_name"])
        title = (
            t("quality.sources.stale", names=t("view.and").join(stale))
            if stale
            else t("quality.sources.fresh", days=days)
        )
        absent = list(frame.loc[~frame["is_loaded"], "source_name"])
        caption = t("quality.sources.measured", days=days)
        if absent:
            caption = f"{caption}. {t('quality.source.not_loaded')}: {t('view.and').join(absent)}"
        table_card(title, caption, frame[frame["is_loaded"]], key="quality_sources",
                   columns=["source_name", "first_on", "last_on", "age_days"],
                   kinds={"first_on": "date", "last_on": "date", "age_days": "number"})  # fmt: skip


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
