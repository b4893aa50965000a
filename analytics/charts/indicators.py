"""Numbers of different units below each other: name, small line of the last periods, value, change and what it is."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import Rows, canvas, known, write
from analytics.charts.sheet import message
from analytics.charts.style import FONT_SIZE, Theme, ink, label, palette

_SPARK = 26
_MARKS = {True: "good", False: "bad", None: "muted"}


def rows(frame: pd.DataFrame, names: Names, theme: Theme) -> Figure:
    """One row an indicator; each line has its own scale, because units differ.

    Columns read: indicator, now_said, change_said (plain texts), course (values, oldest first), n, judged (True good,
    False bad, None neither: chance, or no direction), segment (its colour; may be missing).
    """
    if frame.empty:
        return message(theme, names.text("empty"))
    colours, place = palette(theme), Rows(len(frame), bar=_SPARK, top=2)
    fig = canvas(place, theme, right=150, bottom=8)
    longest = max(max((len(c) for c in frame["course"]), default=2), 2)
    fig.set(showlegend=False, meta={"mark": []}, xaxis={"range": [0, longest - 1], "visible": False})
    small: dict[str, Any] = {"colour": colours.muted, "size": FONT_SIZE - 1}
    for i, row in enumerate(frame.to_dict("records")):
        at = place.bar_at(i)
        write(fig, label(row["indicator"], 44), 0, place.text_at(i))
        write(fig, f"n {show.number(row['n'])}", 1, place.text_at(i), anchor="right", shift=144, **small)
        fig.scatter(x=list(range(longest - len(row["course"]), longest)), y=_heights(row["course"], at), mode="lines",
                    connectgaps=False, hoverinfo="skip", cliponaxis=False,
                    line={"color": ink(theme, row.get("segment"), names.order).actual, "width": 1.8})
        write(fig, label(row["now_said"], 20), 1, at - 7, anchor="right", shift=144, bold=True)
        write(fig, label(row["change_said"], 20), 1, at + 9, anchor="right", shift=144,
              colour=getattr(colours, _MARKS[row["judged"]]), size=FONT_SIZE - 1)
    return fig.figure()


def _heights(course: list[float | None], middle: float) -> list[float | None]:
    """The values between the top and the foot of their row; a line that does not move lies in the middle."""
    values = [known(v) for v in course]
    found = [v for v in values if v is not None]
    low, span = min(found, default=0.0), max(found, default=0.0) - min(found, default=0.0)
    return [None if v is None else middle + _SPARK / 2 - (0.5 if not span else (v - low) / span) * _SPARK
            for v in values]
