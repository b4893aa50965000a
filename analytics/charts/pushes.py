"""When expected closes are pushed: a column a week, the ends of fiscal quarters marked."""

from __future__ import annotations

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import key
from analytics.charts.sheet import Sheet, message
from analytics.charts.style import Theme, palette

_HEIGHT = 260


def weeks(frame: pd.DataFrame, names: Names, theme: Theme) -> Figure:
    """Rows of pushes.weekly of one group (columns week, pushes, is_late): weeks at a quarter's end are red."""
    if frame.empty or not frame["pushes"].any():
        return message(theme, names.text("empty"), _HEIGHT)
    colours = palette(theme)
    fig = Sheet(theme, _HEIGHT)
    fig.set(
        margin={"l": 34, "r": 8, "t": 12, "b": 60, "pad": 4},
        bargap=0.15,
        legend={**key(theme), "y": -0.2},
        showlegend=True,
        barmode="overlay",
        yaxis={"showgrid": True, "rangemode": "tozero", "nticks": 4},
        xaxis={"type": "date", "nticks": 5, "tickformat": "%Y-%m"},
    )
    for is_late, colour, name in ((False, colours.neutral.comparison, "push_other"), (True, colours.bad, "push_late")):
        part = frame[frame["is_late"] == is_late]
        fig.bar(
            x=[f"{w:%Y-%m-%d}" for w in part["week"]],
            y=[int(v) for v in part["pushes"]],
            name=names.text(name),
            showlegend=bool(part["pushes"].any()),  # a colour that is nowhere needs no key
            marker={"color": colour},
            hoverinfo="text",
            hovertext=[f"{w:%Y-%m-%d}<br>{show.number(v)}" for w, v in zip(part["week"], part["pushes"], strict=True)],
        )
    return fig.figure()
