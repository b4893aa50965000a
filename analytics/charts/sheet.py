"""A figure in the making: plain lists and dictionaries, handed to Plotly once when it is done.

Plotly's own `add_…` methods check and copy the whole figure at every call: a chart with seventy labels took half a
second that way and takes two hundredths this way.
"""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from analytics.charts.style import FONT_SIZE, Theme, label, palette, template


class Sheet:
    """Collects traces, notes (annotations), shapes and layout; `figure` gives the Plotly figure."""

    def __init__(self, theme: Theme, height: int) -> None:
        self._data: list[dict[str, Any]] = []
        self._layout: dict[str, Any] = {
            "template": template(theme), "height": height, "autosize": True, "annotations": [], "shapes": [],
        }  # fmt: skip

    def bar(self, **trace: Any) -> None:
        """Add a bar trace."""
        self._data.append({"type": "bar", **_given(trace)})

    def scatter(self, **trace: Any) -> None:
        """Add a trace of lines, points or an area."""
        self._data.append({"type": "scatter", **_given(trace)})

    def note(self, **annotation: Any) -> None:
        """Add a piece of text."""
        self._layout["annotations"].append({"showarrow": False, **annotation})

    def shape(self, **shape: Any) -> None:
        """Add a shape."""
        self._layout["shapes"].append(shape)

    def set(self, **layout: Any) -> None:
        """Set layout attributes; dictionaries such as `xaxis` are added to what is there."""
        for name, value in layout.items():
            old = self._layout.get(name)
            self._layout[name] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value

    def figure(self) -> go.Figure:
        """The finished figure, checked by Plotly."""
        return go.Figure({"data": self._data, "layout": self._layout})


def _given(trace: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in trace.items() if value is not None}


def message(theme: Theme, text: str, height: int = 160) -> go.Figure:
    """A figure that only says `text`: what stands where there is nothing to draw."""
    fig = Sheet(theme, height)
    fig.set(xaxis={"visible": False}, yaxis={"visible": False})
    fig.note(
        text=label(text),
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        font={"color": palette(theme).muted, "size": FONT_SIZE + 1},
    )
    return fig.figure()
