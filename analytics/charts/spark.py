"""The small line in a KPI tile: the course of a number, its last value marked, nothing else."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from analytics.charts.rows import column
from analytics.charts.sheet import Sheet
from analytics.charts.style import Theme, ink, label, palette, soft

HEIGHT = 44


def line(
    frame: pd.DataFrame, theme: Theme, *, x: str = "period", value: str = "value", segment: str | None = None
) -> go.Figure:
    """`value` over `x` in the order given; gaps stay gaps; `low` and `high`, if there, as a band."""
    fig = Sheet(theme, HEIGHT)
    fig.set(margin={"l": 4, "r": 8, "t": 6, "b": 6}, hovermode=False)
    fig.set(xaxis={"visible": False, "type": "category"})
    fig.set(yaxis={"visible": False})
    colour = ink(theme, segment).actual if segment else palette(theme).accent
    periods, values = [label(name) for name in frame[x]], column(frame, value)
    if {"low", "high"} <= set(frame.columns) and frame[["low", "high"]].notna().all(axis=None) and len(frame) > 1:
        fig.scatter(
            x=periods + periods[::-1],
            y=column(frame, "low") + column(frame, "high")[::-1],
            fill="toself",
            mode="lines",
            line={"width": 0},
            fillcolor=soft(colour, 0.15),
            hoverinfo="skip",
        )
    fig.scatter(x=periods, y=values, mode="lines", line={"color": colour, "width": 1.5}, hoverinfo="skip")
    known = [(p, v) for p, v in zip(periods, values, strict=True) if v is not None]
    if known:
        fig.scatter(
            x=[known[-1][0]],
            y=[known[-1][1]],
            mode="markers",
            marker={"size": 6, "color": colour},
            hoverinfo="skip",
            cliponaxis=False,
        )
    return fig.figure()
