"""Does presales answer in time, and do its hours go where they bring something: response, waste, return, lift, load."""

from __future__ import annotations

from typing import Any

import streamlit as st

from analytics import findings_support, i18n
from analytics import format as fmt
from analytics.charts import measures, trend
from analytics.charts.names import Names
from analytics.charts.style import label
from analytics.metrics import registry
from analytics.view import View
from data.scope import UNKNOWN
from pages._parts import cache, context, states
from pages._parts.chart_card import chart_card
from pages._parts.context import t
from pages._parts.kpi_tile import Figure, kpi_tile
from pages._parts.side_by_side import table_card

TILES = ("response_days", "waste_share", "hours", "return", "lift")
_TEAMS = ["support_team", "n", "median_hours", "median_low", "median_high", "p90_hours", "sla_share", "waiting",
          "in_work", "hours"]  # fmt: skip
_CONDITIONS = ["segment", "condition_name", "n", "deal_share", "hours", "hours_share", "value", "low", "high", "won",
               "decided", "win_rate"]  # fmt: skip
_POINTS = dict.fromkeys(("median_hours", "median_low", "median_high", "p90_hours", "hours_each"), "points")
_KINDS = _POINTS | {
    **dict.fromkeys(("sla_share", "deal_share", "hours_share", "win_rate", "top_share"), "rate"),
    **dict.fromkeys(("waiting", "in_work", "hours", "decided", "requests", "sellers"), "number"),
}


def render(view: View) -> None:
    """Draw the page."""
    if not cache.ask().support_measured(view):
        states.not_measured("support.table")
        return
    with states.guard("support_tiles"):
        _tiles(view)
    _response(view)
    _trend(view)
    _conditions(view)
    _load(view)


def _names() -> Names:
    return Names(context.lang(), context.now().settings)


def _team(row: dict[Any, Any]) -> str:
    return label(i18n.label("team", row["support_team"], context.lang()), 40)


def _tiles(view: View) -> None:
    """One tile a metric, one figure a segment: KA and SMB are not pooled."""
    for place, key in zip(st.columns(len(TILES)), TILES, strict=True):
        with place:
            metric = registry.get(f"support.{key}")
            rows = cache.ask().metric(metric.key, view, ["segment"])
            shown = rows[(rows["segment"] != UNKNOWN) & (rows["n"] > 0)]
            if shown.empty:
                shown = cache.ask().metric(metric.key, view).assign(segment=None)
            figures = [_figure(key, row) for row in shown.to_dict("records")]
            kpi_tile(metric.label[context.lang()], figures, key=f"support_{key}", definition_key=metric.key)


def _figure(key: str, row: dict[Any, Any]) -> Figure:
    here = context.now()
    known = fmt.is_known(row["value"])
    metric = registry.get(f"support.{key}")
    name = (
        i18n.label("segment", row["segment"], here.lang, here.settings) if row["segment"] else metric.label[here.lang]
    )
    if not known:
        return Figure(name, fmt.UNKNOWN, t(f"reason.{row['reason']}"))
    return Figure(name, *_words(key, row))


def _words(key: str, row: dict[Any, Any]) -> tuple[str, str]:
    """The value of a tile and what is said below it."""
    lang, rules = context.lang(), context.now().settings.support
    n = fmt.number(row["n"])
    if key == "response_days":
        note = t("support.response.n", n=n, p90=findings_support.hours(row["p90"], lang),
                 sla=fmt.rate(row["sla_share"]),
                 hours=fmt.number(rules.sla_hours), waiting=fmt.number(row["waiting"]))  # fmt: skip
        return findings_support.hours(row["value"], lang), note
    if key == "waste_share":
        interval = fmt.interval(row["low"], row["high"], lang)
        return fmt.rate(row["value"]), t("support.waste.n", interval=interval, hours=fmt.number(row["hours"]))
    if key == "hours":
        note = t("support.hours.n", hours=fmt.number(row["hours"]), n=n)
        return t("support.hour", n=fmt.number(row["value"], digits=1)), note
    if key == "return":
        cost = fmt.amount(row["cost"], lang, currency=context.now().settings.organisation.base_currency)
        return t("support.times", n=fmt.number(row["value"], digits=1)), t("support.return.n", cost=cost)
    interval = fmt.interval(row["low"], row["high"], lang, "points")
    return fmt.points(row["value"], lang), t("support.lift.n", interval=interval, n=n)


def _response(view: View) -> None:
    with states.guard("support_response"):
        frame = cache.ask().support_response(view)
        said = findings_support.team_shift(cache.ask().support_shifts(view), context.lang())

        def written(row: dict[Any, Any]) -> str:
            return findings_support.hours(row["value"], context.lang())

        chart_card(
            said.text,
            measures.rows(frame, _names(), context.theme(), title=_team, written=written),
            frame,
            key="support_response",
            view=view,
            definition_key="support.response_days",
            measured=t("support.response.measured"),
            columns=_TEAMS,
            kinds=_KINDS,
            drill=False,
        )


def _trend(view: View) -> None:
    with states.guard("support_trend"):
        frame = cache.ask().support_trend(view)
        figure = trend.line(frame, _names(), context.theme(), x="quarter", value="median_hours", low="", high="",
                            kind="number", by="support_team", unit=t("column.median_hours"))  # fmt: skip
        chart_card(
            t("support.trend"),
            figure,
            frame,
            key="support_trend",
            view=view,
            definition_key="support.response_days",
            measured=t("support.trend.measured"),
            columns=["quarter", *_TEAMS],
            kinds=_KINDS,
            with_period=False,
            drill=False,
        )


def _conditions(view: View) -> None:
    with states.guard("support_conditions"):
        here = context.now()
        found = cache.ask().support_conditions(view)
        said = findings_support.conditions(found, here.lang, here.settings)
        frame = found[found["n"] > 0].reset_index(drop=True)
        frame = frame.assign(condition_name=[t(f"support.condition.{c}") for c in frame["condition"]])

        def title(row: dict[Any, Any]) -> str:
            return f"{_names().segment(row['segment'])} · {label(row['condition_name'])}"

        def written(row: dict[Any, Any]) -> str:
            return t("support.hour", n=fmt.number(row["value"], digits=1))

        chart_card(
            said.text,
            measures.rows(frame, _names(), here.theme, title=title, written=written),
            frame,
            key="support_conditions",
            view=view,
            definition_key="support.waste_share",
            measured=t("support.conditions.measured", weak=fmt.number(here.settings.support.weak_conditions)),
            columns=_CONDITIONS,
            kinds=_KINDS | dict.fromkeys(("value", "low", "high"), "points"),
            drill=False,
        )


def _load(view: View) -> None:
    """How evenly the hours lie, per segment, and the sellers with the most per opportunity."""
    with states.guard("support_load"):
        found = cache.ask().support_load(view)
        sentences = [_evenness(row) for row in found["segments"].to_dict("records") if row["segment"] != UNKNOWN]
        sellers = found["sellers"]
        shown = sellers[sellers["hours"] > 0].rename(columns={"value": "hours_each"})
        names = cache.owner_names()
        shown = shown.assign(owner_name=[names.get(i, i) for i in shown["owner_id"]])
        caption = " · ".join([*sentences, t("support.load.measured")])
        table_card(t("support.load.title"), caption, shown, key="support_load",
                   columns=["segment", "team", "owner_name", "n", "requests", "hours", "hours_each"],
                   kinds=_KINDS)  # fmt: skip


def _evenness(row: dict[Any, Any]) -> str:
    here = context.now()
    fields = {"segment": i18n.label("segment", row["segment"], here.lang, here.settings),
              "sellers": fmt.number(row["sellers"]),
              "value": t("support.hour", n=fmt.number(row["value"], digits=1))}  # fmt: skip
    if not fmt.is_known(row["gini"]):
        return t("support.load.only", **fields)
    return t("support.load", gini=fmt.number(row["gini"], digits=2), **fields)


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
