"""A tile: one metric, of one or of several segments: value, how it changed and whether that is good, n, trend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from analytics.metrics import registry
from analytics.view import View
from data.scope import UNKNOWN
from pages._parts import cache, context, definition, states
from pages._parts.escape import md_escape

_COLOURS: dict[bool | None, Literal["green", "red", "gray"]] = {True: "green", False: "red", None: "gray"}


@dataclass(frozen=True)
class Figure:
    """A number in a tile; all texts are ready to be read.

    note      n, the interval, or why there is no value
    change    the difference with its sign; `is_up` gives the arrow, `is_good` the colour (None: no judgement)
    trend     a small line (analytics/charts/spark.py), described by `trend_alt`
    """

    label: str
    value: str
    note: str
    change: str = ""
    is_up: bool | None = None
    is_good: bool | None = None
    trend: str = ""
    trend_alt: str = ""


def kpi_tile(label: str, figures: Sequence[Figure], *, key: str, together: str = "",
             definition_key: str | None = None) -> None:
    """One tile: the figures of a metric below each other, under the metric's name; each with whose it is, if not all.

    together  the figure of all of them, said small
    """
    with st.container(border=True, key=key, height="stretch", gap="xsmall"), states.guard(key):
        st.markdown(f"**{md_escape(label)}**")
        for figure in figures:
            _figure(figure, is_named=figure.label != label)
        if together:
            st.caption(md_escape(together))
        if definition_key:
            definition.button(definition_key, key)


def _figure(figure: Figure, is_named: bool) -> None:
    st.metric(md_escape(figure.label), figure.value, md_escape(figure.change) if figure.change else None,
              delta_color=_COLOURS[figure.is_good], label_visibility="visible" if is_named else "collapsed",
              delta_arrow="off" if figure.is_up is None else "up" if figure.is_up else "down")
    if figure.trend:
        st.image(figure.trend, width="stretch", alt=figure.trend_alt)
    st.caption(md_escape(figure.note))


def tiles_by_segment(view: View, family: str, keys: Sequence[str], figure: Callable[[str, dict[Any, Any]], Figure]
                     ) -> None:
    """One tile a metric `<family>.<key>`, one figure a segment: they are not pooled. Where no segment is known, one of
    all; its row says segment None."""
    for place, key in zip(st.columns(len(keys)), keys, strict=True):
        with place:
            metric = registry.get(f"{family}.{key}")
            rows = cache.ask().metric(metric.key, view, ["segment"])
            shown = rows[(rows["segment"] != UNKNOWN) & (rows["n"] > 0)]
            if shown.empty:
                shown = cache.ask().metric(metric.key, view).assign(segment=None)
            kpi_tile(metric.label[context.lang()], [figure(key, row) for row in shown.to_dict("records")],
                     key=f"{family}_{key}", definition_key=metric.key)
