"""A tile: one metric's value, how it changed and whether that is good, n, and its trend."""

from __future__ import annotations

from typing import Literal

import plotly.graph_objects as go
import streamlit as st

from pages._parts import definition, states
from pages._parts.context import t
from pages._parts.escape import md_escape

_COLOURS: dict[bool | None, Literal["green", "red", "gray"]] = {True: "green", False: "red", None: "gray"}


def kpi_tile(label: str, value: str, *, key: str, note: str, change: str = "", is_up: bool | None = None,
             is_good: bool | None = None, trend: go.Figure | None = None, trend_alt: str = "",
             definition_key: str | None = None) -> None:
    """One tile; all texts are ready to be read.

    change    the difference with its sign; `is_up` gives the arrow, `is_good` the colour (None: no judgement)
    note      n, the standard, or why there is no value
    trend     a small figure, described by `trend_alt`
    """
    with st.container(border=True, key=key, height="stretch", gap="xsmall"), states.guard(key):
        st.metric(md_escape(label), value, md_escape(change) if change else None, delta_color=_COLOURS[is_good],
                  delta_arrow="off" if is_up is None else "up" if is_up else "down")
        if trend is not None:
            st.plotly_chart(trend, key=f"{key}_trend", theme=None, alt=trend_alt,
                            config={"displayModeBar": False, "staticPlot": True})
        st.caption(md_escape(note))
        if definition_key:
            with st.popover(t("card.definition"), icon=":material/help:", type="tertiary"):
                definition.explain(definition_key)
