"""The card that every chart stands in: finding, what is measured, chart, definition, table, downloads, drill-down."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pandas as pd
import streamlit as st

from analytics import format as fmt
from analytics.cards.card import Card
from analytics.charts.figure import Figure
from analytics.export.csv import csv_bytes
from analytics.review.assemble import alone
from analytics.review.stamp import Stamp
from analytics.view import View
from pages._parts import browser, cache, context, definition, filter_bar, review_pack, states, table, view_state
from pages._parts.context import t
from pages._parts.escape import md_escape

Mark: TypeAlias = Mapping[str, Any]
#: a clicked point as Streamlit gives it -> what to ask for
Question: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, Any] | None]
CONFIG = {"displayModeBar": False, "scrollZoom": False, "showTips": False}
BEHIND = ("name", "amount_base", "days_in_stage", "stage", "status", "account_name", "owner_name", "team", "segment",
          "created_on", "expected_close_on", "closed_on")


def chart_card(title: str, figure: Figure, frame: pd.DataFrame, *, key: str, view: View, measured: str,
               n: int | None = None, definition_key: str | None = None, columns: list[str] | None = None,
               kinds: dict[str, str] | None = None, question: str | None = None,
               drill: bool = True, with_period: bool = True, alt: str | None = None, card: Card | None = None) -> None:
    """One chart in its card.

    title           the finding, a sentence in the viewer's language (plain text)
    figure, frame   the chart, and the rows it was made of (shown as a table and downloaded)
    measured        what is measured, in which unit (plain text); the period and n are added here
    definition_key  metric of the registry that the definition button explains
    question        the metric that a click asks about (analytics/marks.py), if marks do not name it themselves:
                    `customdata` holds their values, `layout.meta["mark"]` of the figure the names of these
    with_period     False where the chart does not follow the period of the view (a stock, a long trend)
    card            what a review can hold of it
    """
    with st.container(border=True, key=key, gap="xsmall", height="stretch"), states.guard(key):
        st.header(md_escape(title), anchor=False)
        caption = " · ".join(filter(None, [measured, filter_bar.period_words(view) if with_period else "",
                                           "" if n is None else t("common.n", n=fmt.number(n, context.lang()))]))
        st.caption(md_escape(caption))
        if frame.empty:
            states.empty()
            return
        _chart(figure, key, view, alt or f"{title}. {caption}", _own_mark(figure, question), drill)
        _folded(title, caption, frame, key, view, definition_key, card, columns, kinds)


def draw(card: Card, within: str = "") -> None:
    """A card that was made elsewhere (analytics/cards); `within` tells it from the same one on the same page."""
    key = f"{within}{card.key}"
    if card.missing or not card.measured:
        states.nothing(card.title, card.missing, key=key)
        return
    chart_card(card.title, card.figure, card.frame, key=key, view=card.view, measured=card.measured, n=card.n,
               definition_key=card.definition_key, columns=None if card.columns is None else list(card.columns),
               kinds=dict(card.kinds), question=card.question, drill=card.drill, with_period=card.with_period,
               card=card)
    for note in card.notes:
        st.caption(md_escape(note))


def _chart(figure: Figure, key: str, view: View, alt: str, question: Any, drill: bool) -> None:
    if not drill:
        st.plotly_chart(figure, key=f"{key}_chart", theme=None, config=CONFIG, alt=alt)
        return
    _clickable(figure, key, view, alt, question)


@st.fragment
def _clickable(figure: Figure, key: str, view: View, alt: str, question: Any) -> None:
    """A fragment, so that a click asks one question and the rest of the page stands still."""
    with states.guard(key):
        state: Any = st.plotly_chart(figure, key=f"{key}_chart", theme=None, config=CONFIG, alt=alt,
                                     on_select="rerun", selection_mode="points")
        points = state.selection.points
        mark = question(points[0]) if points else None
        if mark:
            behind(view, mark, key)


@st.fragment
def _folded(title: str, caption: str, frame: pd.DataFrame, key: str, view: View, definition_key: str | None,
            card: Card | None, columns: list[str] | None, kinds: dict[str, str] | None) -> None:
    """What is behind the chart, made when somebody opens it; one fragment, because each costs what a chart costs."""
    with st.container(gap="xsmall"):
        _tools(title, caption, frame, key, view, definition_key, card)
        _rows(title, frame, key, columns, kinds)


def _rows(title: str, frame: pd.DataFrame, key: str, columns: list[str] | None, kinds: dict[str, str] | None) -> None:
    """The rows of the chart, made only when somebody unfolds them: most visits never do."""
    fold = st.expander(t("card.table"), on_change="rerun", key=f"{key}_fold")
    if fold.open:
        with fold, states.guard(key):
            table.show(frame, columns, kinds=kinds, alt=title, key=f"{key}_table")


def _own_mark(figure: Figure, question: str | None) -> Question:
    names = list(figure.to_dict()["layout"].get("meta", {}).get("mark", []))
    asked = {"question": question} if question else {}

    def read(point: Mapping[str, Any]) -> Mark | None:
        found = point.get("customdata")
        items = list(found.values()) if isinstance(found, Mapping) else found
        if not (names and items):
            return None
        return asked | {k: v for k, v in zip(names, items, strict=False) if v is not None}
    return read


def behind(view: View, mark: Mark, key: str) -> None:
    """The opportunities behind a mark, and a way to the story of each."""
    found = cache.ask().opportunities(view, dict(mark))
    total = found.attrs.get("total", len(found))
    st.markdown(f"**{md_escape(t('card.behind', n=fmt.number(total, context.lang())))}**")
    if found.empty:
        states.empty()
        return
    if total > len(found):
        st.caption(t("card.behind.first", n=fmt.number(len(found), context.lang())))
    if left := int(found["left_on"].notna().to_numpy().sum()):
        st.caption(t("card.behind.left", n=fmt.number(left, context.lang())))
    chosen = table.show(found, list(BEHIND), alt=t("card.behind.alt"), key=f"{key}_behind", select=True)
    if chosen is None:
        st.caption(t("card.behind.hint"))
    else:
        view_state.go("opportunity", id=str(found.iloc[chosen]["opportunity_id"]))


def _tools(title: str, caption: str, frame: pd.DataFrame, key: str, view: View, definition_key: str | None,
           card: Card | None) -> None:
    """What is behind the buttons is made when somebody opens them."""
    with st.container(horizontal=True, gap="small"), states.guard(f"{key}_tools"):
        if definition_key:
            definition.behind(definition_key, key)
        files = st.popover(t("card.download"), icon=":material/download:", type="tertiary", key=f"{key}_files",
                           on_change="rerun")
        if files.open:
            with files:
                _files(title, caption, frame, key, view, card)


def _files(title: str, caption: str, frame: pd.DataFrame, key: str, view: View, card: Card | None) -> None:
    file, stamp = file_name(key, view), _stamp(card) if card else None
    st.download_button(t("card.csv"), data=lambda: csv_bytes(frame, stamp), file_name=f"{file}.csv",
                       mime="text/csv", key=f"{key}_csv", on_click="ignore", width="stretch")
    browser.pictures(key, title=title, file=file, png=t("card.png"), svg=t("card.svg"), notes=[
        caption, t("card.stamp", view=filter_bar.in_words(view), load=context.now().load_id)],
        stamp=stamp.to_text() if stamp else "")
    if card and key == card.key:
        review_pack.add_button(card)


def _stamp(card: Card) -> Stamp | None:
    """What a file of this card alone carries, made once: it holds a sum over all its figures."""
    look, load, base = context.look(), context.now().load_id, context.address()
    return cache.ask().remembered(("stamp", card.source, card.key, card.asked, card.view, look.lang, base),
                                  lambda: alone(card, look, load, cache.owner_names(), base))


def file_name(key: str, view: View) -> str:
    """A fixed pattern of plain characters: nothing of the data or the viewer's input gets into a file name."""
    return f"mvpod-{re.sub('[^a-z0-9]+', '-', key.lower()).strip('-')}-{view.as_of.isoformat()}"
