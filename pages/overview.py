"""The value board: what each metric is, how it changed, whether the change is real; what is open; how wins move."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics import findings_comparison, findings_win, i18n, periods
from analytics import format as fmt
from analytics.charts import facets, movers, spark, stock, trend
from analytics.charts.names import Names
from analytics.metrics import registry
from analytics.view import View
from data.scope import UNKNOWN
from pages._parts import cache, closeness_parts, context, show, states
from pages._parts.chart_card import chart_card
from pages._parts.context import t
from pages._parts.escape import md_escape
from pages._parts.kpi_tile import Figure, kpi_tile

#: quarters of the win rate card: a trend needs its past, whatever the period
_TREND_QUARTERS = 12


def render(view: View) -> None:
    """Draw the page."""
    with states.guard("overview_tiles"):
        whole = cache.ask().headline(view)
        parts = _parts(view)
        _tiles(whole, parts)
        _sentences(parts or {"": whole}, view)
    with states.guard("overview_closeness"):
        closeness_parts.headline(view)
    with states.guard("overview_stock"):
        _stock(view)
    with states.guard("overview_wins"):
        _wins(view)
    with states.guard("overview_movers"):
        _movers(view)


def _segments(view: View) -> list[str]:
    """The customer segments that stand in this view, if there are several: they are never pooled in silence."""
    chosen = view.filters.get("segment")
    known = [key for key, _ in cache.ask().options(view).get("segment", []) if key != UNKNOWN]
    shown = [key for key in known if not chosen or key in chosen]
    return shown if len(shown) > 1 else []


def _parts(view: View) -> dict[str, pd.DataFrame]:
    """The tiles of each segment, if there are several."""
    segments = _segments(view)
    every = cache.ask().headline(view, ("segment",)) if segments else pd.DataFrame()
    return {key: every[every["segment"] == key] for key in segments}


def _of(view: View, segment: str) -> View:
    return view.with_(filters=view.filters.with_(segment=[segment]))


def _called(segment: str) -> str:
    here = context.now()
    return i18n.label("segment", segment, here.lang, here.settings)


def _sentences(headlines: Mapping[str, pd.DataFrame], view: View) -> None:
    """What changed against the comparison period, each segment by its name: what is more than chance first, then how
    much is not, then what has nothing to be compared with."""
    if view.compare == "none":
        return
    rows = [row | {"of": key} for key, frame in headlines.items() for row in frame.to_dict("records")]
    known = [row for row in rows if fmt.is_known(row["change"])]
    real = [row for row in known if row["is_real"]]
    with st.container(border=True, key="overview_changes", gap="xsmall"):
        st.header(t("overview.changes"), anchor=False)
        for row in real:
            st.markdown(f"- {md_escape(_sentence(row))}")
        if not known:
            st.text(t("overview.changes.nothing"))
            return
        if not real:
            st.text(t("overview.changes.none"))
        untested = [row for row in known if row["is_real"] is None]
        chance = [row for row in known if row["is_real"] is False]
        missing = [row for row in rows if not fmt.is_known(row["change"])]
        for key, found in (("chance", chance), ("untested", untested), ("missing", missing)):
            if found:
                st.caption(md_escape(t(f"overview.changes.{key}", names=t("view.and").join(map(_name, found)))))


def _name(row: Mapping[Any, Any]) -> str:
    """The metric of a row, and of which segment it is."""
    name = registry.get(row["key"]).label[context.lang()]
    return t("overview.of", segment=_called(row["of"]), what=name) if row["of"] else name


def _sentence(row: Mapping[Any, Any]) -> str:
    judged = {True: "good", False: "bad"}.get(row["is_good"], "neutral")
    return t(f"overview.change.{judged}", what=_name(row), now=show.value(row["value"], row["unit"]),
             before=show.value(row["other_value"], row["unit"]),
             change=show.difference(row["value"], row["other_value"], row["unit"]))


def _tiles(whole: pd.DataFrame, parts: Mapping[str, pd.DataFrame]) -> None:
    """A tile a metric: side by side on wide screens, each in the full width on narrow ones."""
    rows = whole.to_dict("records")
    for place, row in zip(st.columns(len(rows)), rows, strict=True):
        split = {key: found for key, frame in parts.items() for found in frame.to_dict("records")
                 if found["key"] == row["key"]}
        with place:
            _tile(row, split)


def _tile(row: dict[Any, Any], split: Mapping[str, dict[Any, Any]]) -> None:
    """One metric: of each segment on its own and small of all together, or of the one that is shown."""
    name = registry.get(row["key"]).label[context.lang()]
    key = f"overview_{row['key'].replace('.', '_')}"
    figures = [_figure(part, name, segment) for segment, part in split.items()] or [_figure(row, name)]
    together = ""
    if split:
        together = t("overview.together", value=show.value(row["value"], row["unit"]),
                     n=fmt.number(row["n"], context.lang()))
    kpi_tile(name, figures, key=key, together=together, definition_key=row["key"])


def _figure(row: dict[Any, Any], name: str, segment: str = "") -> Figure:
    course = pd.DataFrame(row["trend"], columns=["period", "value", "n"])
    change = show.difference(row["value"], row["other_value"], row["unit"])
    what = t("overview.of", segment=_called(segment), what=name) if segment else name
    return Figure(
        _called(segment) if segment else name, show.value(row["value"], row["unit"]), _note(row), change,
        is_up=None if not change or not row["change"] else row["change"] > 0, is_good=row["is_good"],
        trend=spark.line(course, context.theme(), segment=segment or None),
        trend_alt=t("overview.trend.alt", what=what, values=t("view.and").join(
            f"{p} {show.value(v, row['unit'])}" for p, v in zip(course["period"], course["value"], strict=True))))


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
    """What is open, by pipeline and stage: its amount, or where no amount is known, how many."""
    here = context.now()
    frame = cache.ask().metric("pipeline.open", view, ("pipeline", "stage"))
    frame = frame[frame["n"] > 0]
    pipelines = list(dict.fromkeys(frame["pipeline"]))
    if not pipelines:
        with st.container(border=True, key="overview_stock", gap="xsmall"):
            st.header(t("overview.stock.none"), anchor=False)
            states.empty()
        return
    by: stock.By = "amount" if frame["amount"].notna().any() else "count"
    widest = facets.largest([frame], "amount" if by == "amount" else "n")
    measured = t(f"overview.stock.measured.{by}", currency=here.settings.organisation.base_currency,
                 day=fmt.day(view.as_of, here.lang))
    columns = st.columns(len(pipelines)) if len(pipelines) > 1 else [st.container()]
    for column, pipeline in zip(columns, pipelines, strict=True):
        with column:
            _stock_card(frame[frame["pipeline"] == pipeline], pipeline, view, measured, by, widest)


def _stock_card(part: pd.DataFrame, pipeline: str, view: View, measured: str, by: stock.By,
                widest: float | None) -> None:
    here = context.now()
    served = next((p.segments for p in here.settings.pipelines if p.key == pipeline), ())
    drawn = part.assign(segment=served[0]) if len(served) == 1 else part
    chart_card(
        t(f"overview.stock.{by}", pipeline=i18n.label("pipeline", pipeline, here.lang, here.settings)),
        stock.stages(drawn, Names(here.lang, here.settings), here.theme, by=by, extent=widest), part,
        key=f"overview_stock_{pipeline}", view=view, measured=measured, definition_key="pipeline.open",
        question="pipeline.open", with_period=False,
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
    """The finding: has the win rate left its level? Of each segment on its own, where there are several."""
    here = context.now()
    what = registry.get("win_rate.count").label[here.lang]

    def found(of: View, name: str) -> str:
        return findings_win.whole_shift(cache.ask().win_shifts(of, dimensions=()), here.lang, what=name).text
    named = {key: t("overview.of", segment=_called(key), what=what) for key in _segments(view)}
    return t("overview.sentences").join(found(_of(view, key), name) for key, name in named.items()) or found(view, what)


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
