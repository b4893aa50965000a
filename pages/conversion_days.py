"""How long each step really takes, per stage, segment beside segment; and which opportunities take too long."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from analytics import findings, periods
from analytics.charts import days, survival, trend
from analytics.charts import facets as parts
from analytics.charts.facets import Facet
from analytics.charts.names import Names
from analytics.view import View
from pages._parts import cache, context, side_by_side, states, table, view_state
from pages._parts.chart_card import BEHIND, chart_card
from pages._parts.context import t
from pages._parts.escape import md_escape
from pages._parts.side_by_side import placed

#: months of entry that a trend shows
_MONTHS = 24
MEANS = ("converted_mean", "dwell_mean")
_COLUMNS = [
    "stage",
    "n",
    "events",
    "censored",
    "value",
    "low",
    "high",
    "target",
    "entry_unknown",
    "invalid",
    "approximate",
]
_KINDS = dict.fromkeys(("value", "low", "high", "target", "mean", "median"), "days") | dict.fromkeys(
    ("entry_unknown", "invalid", "approximate"), "number"
)
_SURVIVAL = ["stage", "days", "at_risk", "events", "censored", "survival", "low", "high"]
_TREND = ["stage", "month", "n", "events", "censored", "median", "low", "high", "mean"]


def render(view: View) -> None:
    """Draw the page."""
    mean = view_state.choose(
        "mean", t("days.mean"), list(MEANS), MEANS[0], {m: t(f"days.mean.{m}") for m in MEANS}, kind="segments"
    )
    st.caption(md_escape(t(f"days.mean.{mean}.says")))
    metrics = {"mean": f"stage_days.{mean}", **{s: f"stage_days.{s}" for s in days.STATISTICS[1:]}}
    frames = {s: cache.ask().standards(key, view, ("segment",)) for s, key in metrics.items()}
    shown = parts.facets(frames["median"], context.now().settings)
    if not shown:
        states.empty()
        return
    side_by_side.not_shown(parts.left_out(frames["median"], context.now().settings))
    _statistics(shown, frames, metrics, view)
    _survival(shown, frames["median"], view)
    for number, facet in placed(shown):
        _one_stage(number, facet, facet.of(frames["p75"]), view)


def _names() -> Names:
    return Names(context.lang(), context.now().settings)


def _name(facet: Facet) -> str:
    return facet.name(context.lang(), context.now().settings)


def _stage_name(facet: Facet, stage: str) -> str:
    return context.now().settings.stage_label(facet.pipeline, stage, context.lang())


def _statistics(shown: list[Facet], frames: dict[str, pd.DataFrame], metrics: dict[str, str], view: View) -> None:
    """Mean, median, P75 and P90 of each stage, all facets on one scale."""
    other = cache.ask().compared(view)
    before = None if other is None else {s: cache.ask().metric(key, other, ("segment",)) for s, key in metrics.items()}
    extent = days.scale(frames, before)
    for number, facet in placed(shown):
        with states.guard("days_statistics"):
            mine = {s: facet.of(f) for s, f in frames.items()}
            was = None if before is None else {s: facet.of(f) for s, f in before.items()}
            said = findings.slowest_stage(
                mine["median"], context.lang(), what=_name(facet), name=partial(_stage_name, facet)
            )
            figure = days.statistics(mine, _names(), context.theme(), extent=extent, comparison=was, standard=mine)
            chart_card(
                t("days.card", segment=_name(facet), finding=said.text),
                figure,
                mine["median"],
                key=f"days_statistics_{number}",
                view=view,
                measured=t(f"days.measured.{view.days}"),
                definition_key=metrics["median"],
                columns=_COLUMNS,
                kinds=_KINDS,
                question=metrics["median"],
            )


def _survival(shown: list[Facet], medians: pd.DataFrame, view: View) -> None:
    """Who is still in the stage after how many days, all facets on one scale."""
    frame = cache.ask().survival(view, ("segment",))
    extent = survival.horizon(*(facet.of(frame) for facet in shown))
    for number, facet in placed(shown):
        with states.guard("days_survival"):
            mine = facet.of(frame)
            figure = survival.curves(mine, _names(), context.theme(), medians=facet.of(medians), extent=extent)
            chart_card(
                t("days.survival", segment=_name(facet)),
                figure,
                mine,
                key=f"days_survival_{number}",
                view=view,
                measured=t("days.survival.measured"),
                definition_key="stage_days.median",
                columns=_SURVIVAL,
                kinds={"survival": "rate", "low": "rate", "high": "rate", "days": "number", "at_risk": "number"},
                question="stage_days.median",
            )


def _one_stage(number: int, facet: Facet, p75: pd.DataFrame, view: View) -> None:
    """One stage at a time: its trend by month of entry, and who took longer than so many days."""
    stages = list(p75["stage"])
    stage = view_state.choose(
        f"stage{number}",
        t("days.stage", segment=_name(facet)),
        stages,
        stages[0],
        {s: _stage_name(facet, s) for s in stages},
    )
    _trend(number, facet, stage, view)
    _slower(number, facet, stage, p75, view)


def _trend(number: int, facet: Facet, stage: str, view: View) -> None:
    with states.guard("days_trend"):
        view = view.with_(start=periods.full_months(_MONTHS, view.as_of).start)
        frame = facet.of(cache.ask().entry_trend(view, ("segment",)))
        mine = frame[frame["stage"] == stage].reset_index(drop=True)
        figure = trend.line(mine, _names(), context.theme(), value="median", kind="days", unit=t("days.unit"))
        chart_card(
            t("days.trend", stage=_stage_name(facet, stage)),
            figure,
            mine,
            key=f"days_trend_{number}",
            view=view,
            measured=t("days.trend.measured"),
            definition_key="stage_days.median",
            columns=_TREND,
            kinds=_KINDS,
            question="stage_days.median",
        )


def _slower(number: int, facet: Facet, stage: str, p75: pd.DataFrame, view: View) -> None:
    """Who took longer than the days asked for; the start value is the stage's own P75."""
    with st.container(border=True, key=f"days_slower_{number}"), states.guard("days_slower"):
        st.header(md_escape(t("days.slower", stage=_stage_name(facet, stage))), anchor=False)
        limit = _limit(number, stage, p75)
        only_open = st.toggle(t("days.slower.open"), key=f"days_open_{number}")
        filters = {} if facet.segment is None else {"segment": [facet.segment]}
        found = cache.ask().slower_than(
            view.with_(filters=view.filters.with_(**filters)),
            stage,
            limit,
            pipeline=facet.pipeline,
            open_only=only_open,
        )
        if found.empty:
            st.text(t("days.slower.none"))
            return
        st.caption(md_escape(t("days.slower.found", n=found.attrs.get("total", len(found)), shown=len(found))))
        chosen = table.show(
            found,
            list(BEHIND),
            alt=t("days.slower", stage=_stage_name(facet, stage)),
            key=f"days_slower_table_{number}",
            select=True,
        )
        if chosen is not None:
            view_state.go("opportunity", id=str(found.iloc[chosen]["opportunity_id"]))


def _limit(number: int, stage: str, p75: pd.DataFrame) -> int:
    """The days asked for, kept in the URL together with the stage that they were meant for."""
    usual = p75.loc[p75["stage"] == stage, "value"].dropna()
    name, key = f"longer{number}", f"days_limit_{number}_{stage}"
    asked_stage, _, asked = (view_state.values(name) or ("",))[0].rpartition(".")
    start = int(asked) if asked_stage == stage and asked.isdecimal() else int(usual.iloc[0]) if len(usual) else 30

    def keep() -> None:
        view_state.keep(name, f"{stage}.{st.session_state[key]}")
        view_state.touched()

    return int(
        st.number_input(
            t("days.slower.limit"),
            min_value=0,
            max_value=10_000,
            step=1,
            value=min(start, 10_000),
            key=key,
            on_change=keep,
        )
    )


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
