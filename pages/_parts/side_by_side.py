"""Facets beside each other, two in a row on wide screens and one below the other on narrow ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd
import streamlit as st

from analytics.cards import Card
from analytics.cards.who import left_out
from analytics.charts.facets import Facet
from data.scope import UNKNOWN
from pages._parts import chart_card, context, definition, states, table
from pages._parts.escape import md_escape

A_ROW = 2


def placed(facets: Sequence[Facet]) -> Iterator[tuple[int, Facet]]:
    """Each facet with its number, inside its own column."""
    for start in range(0, len(facets), A_ROW):
        shown = facets[start : start + A_ROW]
        for number, (place, facet) in enumerate(zip(st.columns(len(shown)), shown, strict=True), start):
            with place:
                yield number, facet


def draw(cards: Sequence[Card], within: str = "") -> None:
    """Cards beside each other; `within` as for chart_card.draw."""
    for start in range(0, len(cards), A_ROW):
        shown = cards[start : start + A_ROW]
        for place, card in zip(st.columns(len(shown)), shown, strict=True):
            with place:
                chart_card.draw(card, within)


def not_shown(those: Sequence[tuple[Facet, int]]) -> None:
    """Say who is not drawn on this page and how many they are: nobody is dropped in silence."""
    look = context.look()
    if said := left_out([(facet.name(look.lang, look.settings), n) for facet, n in those], look):
        if any(facet.segment not in (None, UNKNOWN) for facet, _ in those):  # the others cannot be chosen
            said = look.t("facets.choose", said=said)
        st.caption(md_escape(said))


def table_card(title: str, caption: str, frame: pd.DataFrame, *, key: str, columns: list[str] | None = None,
               kinds: dict[str, str] | None = None, definition_key: str | None = None,
               nothing: str | None = None) -> None:
    """A card that is a table: title and caption are plain text; `definition_key` as for a chart's card; `nothing`: what
    is said where there are no rows ("": the title says it), if it is not the filters that leave none."""
    with st.container(border=True, key=key), states.guard(key):
        st.header(md_escape(title), anchor=False)
        st.caption(md_escape(caption))
        if frame.empty and nothing is not None:
            if nothing:
                st.info(md_escape(nothing), icon=":material/database_off:")
            return
        if frame.empty:
            states.empty()
            return
        if definition_key:
            definition.button(definition_key, key)
        table.show(frame, columns, kinds=kinds, alt=title, key=f"{key}_table")
