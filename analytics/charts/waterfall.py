"""From one value to another in terms that add up exactly: what moved a win rate (METHOD B6), a restatement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import Rows, bars, canvas, write
from analytics.charts.sheet import message
from analytics.charts.style import FONT_SIZE, Theme, palette


def drivers(
    frame: pd.DataFrame,
    names: Names,
    theme: Theme,
    *,
    before: float,
    after: float,
    ends: tuple[str, str],
    title: Callable[[dict[Any, Any]], str],
    value: Callable[[float], str] = show.rate,
    step: Callable[[float], str] | None = None,
    better: int = 1,
) -> Figure:
    """Rows of comparison.drivers between `before` and `after`; `ends` and `title` are escaped texts. `value` and `step`
    write a level and a difference (without them shares and points), `better` is -1 where less is better, 0 neither."""
    written = step or (lambda part: show.points(part, names.lang))
    records = frame.to_dict("records")
    if not records and before == after:
        return message(theme, names.text("nothing_moved"))
    colours = palette(theme)
    place = Rows(len(records) + 2, top=4)
    fig = canvas(place, theme, right=84, bottom=12)
    start, low, high = before, min(before, after, 0.0), max(before, after)
    spans: list[tuple[float, float]] = []
    for row in records:
        part = row["points"] / 100
        spans.append((start, part))
        start += part
        low, high = min(low, start), max(high, start)
    fig.set(xaxis={"range": [low, (high * 1.02) or 1], "visible": False}, showlegend=False)
    at = [place.bar_at(i) for i in range(place.count)]
    for row_no, level in ((0, before), (place.count - 1, after)):
        bars(fig, [level], [at[row_no]], colour=colours.accent, width=place.bar, name="", hover=[value(level)])
    for i, (base, part) in enumerate(spans, 1):
        colour = (colours.good if part * better > 0 else colours.bad) if better else colours.neutral.actual
        bars(
            fig,
            [part],
            [at[i]],
            colour=colour,
            width=place.bar,
            name="",
            base=[base],
            hover=[f"{title(records[i - 1])}<br>{written(part)}"],
        )
        fig.shape(
            type="line",
            x0=base,
            x1=base,
            y0=at[i - 1],
            y1=at[i],
            xref="x",
            yref="y",
            line={"color": colours.muted, "width": 1, "dash": "dot"},
        )
        write(fig, title(records[i - 1]), 0, place.text_at(i))
        write(fig, written(part), 1, at[i], anchor="right", shift=78, colour=colour)
    for row_no, text, level in ((0, ends[0], before), (place.count - 1, ends[1], after)):
        write(fig, text, 0, place.text_at(row_no), bold=True)
        write(fig, value(level), 1, at[row_no], anchor="right", shift=78, bold=True)
    if not records:
        write(
            fig,
            names.text("nothing_moved"),
            1,
            place.text_at(0),
            anchor="right",
            colour=colours.muted,
            size=FONT_SIZE - 1,
        )
    return fig.figure()
