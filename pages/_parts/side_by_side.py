"""Facets beside each other, two in a row on wide screens and one below the other on narrow ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd
import streamlit as st

from analytics import format as fmt
from analytics.cards import Card
from analytics.charts.facets import Facet
from pages._parts import chart_card, context, definition, states, table
from pages._parts.context import t
from pages._parts.escape import md_escape

A_ROW = 2


def placed(facets: Sequence[Facet]) -> Iterator[tuple[int, Facet]]:
    """Each facet with its number, inside its own column."""
    for start in range(0, len(facets), A_ROW):
        shown = facets[start : start + A_ROW]
        for number, (place, facet) in enumerate(zip(st.columns(len(shown)), shown, strict=True), start):
            with place:
                yield number, facet


def draw(cards: Sequence[Card]) -> None:
    """Cards beside each other."""
    for start in range(0, len(cards), A_ROW):
        shown = cards[start : start + A_ROW]
        for place, card in zip(st.columns(len(shown)), shown, strict=True):
            with place:
                chart_card.draw(card)


def not_shown(left_out: Sequence[tuple[Facet, int]]) -> None:
    """Say who is not drawn on this page and how many they are: nobody is dropped in silence."""
    here = context.now()
    if left_out:
        names = [t("facets.one", name=facet.name(here.lang, here.settings), n=fmt.number(n)) for facet, n in left_out]
        st.caption(md_escape(t("facets.left_out", names=t("view.and").join(names))))


def table_card(
    title: str,
    caption: str,
    frame: pd.DataFrame,
    *,
    key: str,
    columns: list[str] | None = None,
    kinds: dict[str, str] | None = None,
    definition_key: str | None = None,
) -> None:
    """A card that is a table: title and caption are plain text; `definition_key` as for a chart's card."""
    with st.container(border=True, key=key), states.guard(key):
        st.header(md_escape(title), anchor=False)
        st.caption(md_escape(caption))
        if frame.empty:
            states.empty()
            return
        if definition_key:
            definition.button(definition_key)
        table.show(frame, columns, kinds=kinds, alt=title, key=f"{key}_table")
