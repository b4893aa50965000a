"""A figure in the making: plain lists and dictionaries, from the first trace to the browser.

Plotly's own `add_…` methods check and copy the whole figure at every call: a chart with seventy labels took half a
second that way and takes two hundredths this way. What a chart may say does not depend on the data, so that it is the
tests who have every property checked by name and type.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from analytics.charts.figure import Figure
from analytics.charts.style import FONT_SIZE, Theme, columns_of, label, palette, template

#: Pixels: width of a plot on the narrowest screen; below a plot without a key; per line of it; per entry beside its
#: text, and per Latin column of that.
_NARROW, _NO_KEY, _KEY_LINE, _ENTRY, _COLUMN = 300, 12, 19, 46, 6.2


class Sheet:
    """Collects traces, notes (annotations), shapes and layout; `figure` gives the figure."""

    #: Does Plotly check every property? Tests say so.
    is_checked: ClassVar[bool] = False

    def __init__(self, theme: Theme, height: int) -> None:
        self._data: list[dict[str, Any]] = []
        self._has_key = False
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

    def room_for_key(self) -> None:
        """The bottom margin shall be as high as the key below the plot needs at 390 pixels."""
        self._has_key = True

    def figure(self) -> Figure:
        """The finished figure."""
        if self._has_key:
            bottom = key_height([str(trace["name"]) for trace in self._data if trace.get("showlegend")])
            self._layout["height"] += bottom - self._layout["margin"]["b"]
            self._layout["margin"]["b"] = bottom
        figure = Figure(self._data, self._layout)
        if self.is_checked:
            figure.checked()
        return figure


def key_height(names: Sequence[str]) -> int:
    """Pixels below the plot for a key of these entries, as Plotly breaks it on the narrowest screen: in columns of the
    widest entry."""
    if not names:
        return _NO_KEY
    widest = max(_ENTRY + _COLUMN * columns_of(name) for name in names)
    return _NO_KEY + _KEY_LINE * -(-len(names) // max(1, int(_NARROW // widest)))


def _given(trace: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in trace.items() if value is not None}


def message(theme: Theme, text: str, height: int = 160) -> Figure:
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
