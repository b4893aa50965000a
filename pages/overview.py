"""The value board: what each metric is, how it changed, whether the change is real; what is open; how wins move."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics import findings_comparison, findings_win, i18n, periods
from analytics import format as fmt
from analytics.charts import movers, spark, stock, trend
from analytics.charts.names import Names
from analytics.metrics import registry
from analytics.view import View
from data.scope import UNKNOWN
from pages._parts import cache, closeness_parts, context, show, states
from pages._parts.chart_card import chart_card
from pages._parts.context import t
from pages._parts.escape import md_escape
from pages._parts.kpi_tile import kpi_tile

#: pixels; four stand side by side at 1280, one at 390
_TILE_WIDTH = 218
#: quarters of the win rate card: a trend needs its past, whatever the period
_TREND_QUARTERS = 12


def render(view: View) -> None:
    """Draw the page."""
    with states.guard("overview_tiles"):
        headline = cache.ask().headline(view)
        _tiles(headline)
        _sentences(headline, view)
    with states.guard("overview_closeness"):
        closeness_parts.headline(view)
    with states.guard("overview_stock"):
        _stock(view)
    with states.guard("overview_wins"):
        _wins(view)
    with states.guard("overview_movers"):
        _movers(view)


def _sentences(headline: pd.DataFrame, view: View) -> None:
    """What changed against the comparison period: what is more than chance first, then how much is not."""
    if view.compare == "none":
        return
    with st.container(border=True, key="overview_changes", gap="xsmall"):
        st.header(t("overview.changes"), anchor=False)
        rows = [row for row in headline.to_dict("records") if fmt.is_known(row["change"])]
        real = [row for row in rows if row["is_real"]]
        for row in real:
            st.markdown(f"- {md_escape(_sentence(row))}")
        if not real:
            st.text(t("overview.changes.none"))
        untested = [registry.get(row["key"]).label[context.lang()] for row in rows if row["is_real"] is None]
        chance = [registry.get(row["key"]).label[context.lang()] for row in rows if row["is_real"] is False]
        for key, names in (("chance", chance), ("untested", untested)):
            if names:
                st.caption(md_escape(t(f"overview.changes.{key}", names=t("view.and").join(names))))


def _sentence(row: dict[Any, Any]) -> str:
    name = registry.get(row["key"]).label[context.lang()]
    judged = {True: "good", False: "bad"}.get(row["is_good"], "neutral")
    return t(f"overview.change.{judged}", what=name, now=show.value(row["value"], row["unit"]),
             before=show.value(row["other_value"], row["unit"]),
             change=show.difference(row["value"], row["other_value"], row["unit"]))


def _tiles(headline: pd.DataFrame) -> None:
    rows = headline.to_dict("records")
    with st.container(horizontal=True, key="overview_tiles"):
        for row in rows:
            with st.container(width=_TILE_WIDTH, height="stretch"):
                _tile(row)


def _tile(row: dict[Any, Any]) -> None:
    lang = context.lang()
    name = registry.get(row["key"]).label[lang]
    course = pd.DataFrame(row["trend"], columns=["period", "value", "n"])
    change = show.difference(row["value"], row["other_value"], row["unit"])
    is_up = None if not change or not row["change"] else row["change"] > 0
    kpi_tile(
        name, show.value(row["value"], row["unit"]), key=f"overview_{row['key'].replace('.', '_')}",
        note=_note(row), change=change, is_up=is_up, is_good=row["is_good"],
        trend=spark.line(course, context.theme()) if course["value"].notna().any() else None,
        trend_alt=t("overview.trend.alt", what=name, values=t("view.and").join(
            f"{p} {show.value(v, row['unit'])}" for p, v in zip(course["period"], course["value"], strict=True))),
        definition_key=row["key"])


def _note(row: dict[Any, Any]) -> str:
    """n, the interval, and whether the change is more than chance; or why there is no value."""
    lang = context.lang()
    if row["reason"]:
        return " · ".join([t("reason." + row["reason"]), t("common.n", n=fmt.number(row["n"], lang))])
    parts = [t("common.n", n=fmt.number(row["n"], lang))]
    if fmt.is_known(row["low"]) and row["unit"] in ("share", "days"):
        parts.append(fmt.interval(row["low"], row["high"], lang, "days" if row["unit"] == "days" else "rate"))
    if row["is_real"] is not None:
        parts.append(t("overview.real" if row["is_real"] else "overview.chance"))
    return " · ".join(parts)


def _stock(view: View) -> None:
    """What is open, by pipeline and stage."""
    here = context.now()
    names = Names(here.lang, here.settings)
    frame = cache.ask().metric("pipeline.open", view, ("pipeline", "stage"))
    pipelines = list(dict.fromkeys(frame["pipeline"])) or [""]
    columns = st.columns(len(pipelines)) if len(pipelines) > 1 else [st.container()]
    widest = frame["amount"].max() if len(frame) else None
    for column, pipeline in zip(columns, pipelines, strict=True):
        part = frame[frame["pipeline"] == pipeline]
        served = next((p.segments for p in here.settings.pipelines if p.key == pipeline), ())
        drawn = part.assign(segment=served[0]) if len(served) == 1 else part
        with column:
            chart_card(
                t("overview.stock", pipeline=i18n.label("pipeline", pipeline, here.lang, here.settings)),
                stock.stages(drawn, names, here.theme, extent=widest), part, key=f"overview_stock_{pipeline}",
                view=view,
                measured=t("overview.stock.measured", currency=here.settings.organisation.base_currency,
                           day=fmt.day(view.as_of, here.lang)),
                definition_key="pipeline.open", question="pipeline.open", with_period=False,
                columns=["stage", "n", "amount", "amount_missing", "weighted", "paused", "overdue"])


def _wins(view: View) -> None:
    """Win rate by quarter and segment, whatever the period: a trend needs its past."""
    here = context.now()
    frame = cache.ask().metric("win_rate.count", _long(view), ("segment", "quarter"))
    frame = frame[frame["n"] > 0]
    drawn = frame[frame["segment"] != UNKNOWN]  # a handful without an account: in the table, not a line of its own
    chart_card(_wins_title(view), trend.line(drawn, Names(here.lang, here.settings), here.theme, x="quarter"), frame,
               key="overview_wins", view=view, measured=t("overview.wins.measured"), definition_key="win_rate.count",
               question="win_rate.count", with_period=False,
               columns=["segment", "quarter", "n", "won", "lost", "value", "low", "high"])


def _long(view: View) -> View:
    """The same view over the last quarters up to the as-of day."""
    start_month = context.now().settings.organisation.fiscal_year_start
    quarters = periods.last(_TREND_QUARTERS, "quarter", view.as_of, start_month)
    return view.with_(start=quarters[0].start, end=view.as_of)


def _wins_title(view: View) -> str:
    """The finding: has the win rate of all together left its level?"""
    lang = context.lang()
    shifts = cache.ask().win_shifts(view, dimensions=())
    return findings_win.whole_shift(shifts, lang, what=registry.get("win_rate.count").label[lang]).text


def _movers(view: View) -> None:
    """Whose win rate moved most in the last week; nothing where no rivals were assessed."""
    here = context.now()
    frame = cache.ask().win_movers(view, limit=5)
    if frame.empty:
        return
    names = Names(here.lang, here.settings)
    why = partial(findings_comparison.why, lang=here.lang)
    figure = movers.chart(frame, names, here.theme, why=why)
    chart_card(findings_comparison.moved(frame, here.lang).text, figure, frame, key="overview_movers",
               view=view, measured=t("win_rate.movers.measured"), with_period=False, drill=False,
               columns=["name", "account_name", "stage", "amount_base", "p_before", "p", "delta", "rival"],
               kinds=dict.fromkeys(("p_before", "p", "delta"), "rate"))


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
