"""A measured quantity of several groups, top to bottom, each with its limits: hours by team, hours by condition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import Rows, bars, canvas, column, known, whiskers, write
from analytics.charts.sheet import Sheet, message
from analytics.charts.style import FONT_SIZE, Theme, ink, palette

Words = Callable[[dict[Any, Any]], str]


def rows(frame: pd.DataFrame, names: Names, theme: Theme, *, title: Words, written: Words) -> Figure:
    """One bar a row: value with its interval low to high, n on the right; why there is none where there is none.

    `title` stands above a bar, `written` is the value beside it (both escaped by the caller). Columns read: value, low,
    high, n, reason and, where rows have a segment, segment (its colour).
    """
    if frame.empty:
        return message(theme, names.text("empty"))
    colours, records = palette(theme), frame.to_dict("records")
    place = Rows(len(frame), top=4)
    fig = canvas(place, theme, right=84)
    reach = max((v for c in ("value", "high") for v in column(frame, c) if v is not None), default=1.0) or 1.0
    fig.set(xaxis={"range": [0, reach * 1.02], "visible": False}, meta={"mark": []})
    values, at = column(frame, "value"), [place.bar_at(i) for i in range(place.count)]
    for segment in dict.fromkeys(r.get("segment") for r in records):
        mine = [r.get("segment") == segment for r in records]
        bars(
            fig,
            [v if own else None for v, own in zip(values, mine, strict=True)],
            at,
            colour=ink(theme, segment, names.order).actual,
            width=place.bar,
            name=names.text("actual"),
            hover=[f"{title(r)}<br>{written(r)}<br>n {show.number(r.get('n'))}" for r in records],
        )
    whiskers(fig, column(frame, "low"), column(frame, "high"), at, theme, name=names.text("interval"), keyed=True)
    small: dict[str, Any] = {"colour": colours.muted, "size": FONT_SIZE - 1}
    for i, row in enumerate(records):
        write(fig, title(row), 0, place.text_at(i))
        write(fig, f"n {show.number(row.get('n'))}", 1, place.text_at(i), anchor="right", shift=78, **small)
        if known(row.get("value")) is None:
            write(fig, names.reason(row.get("reason")), 0, at[i], **small)
        else:
            write(fig, written(row), 1, at[i], anchor="right", shift=78, bold=True)
    return fig.figure()


def ranges(frame: pd.DataFrame, names: Names, theme: Theme, *, title: Words) -> Figure:
    """How far a number could move, one row a problem: a bar from `down` to `up` (shares of the number itself) around
    a line at no change, both ends written."""
    if frame.empty:
        return message(theme, names.text("empty"))
    colours, records = palette(theme), frame.to_dict("records")
    place = Rows(len(frame), top=4)
    fig = canvas(place, theme, left=4, right=96, bottom=16)
    low, high = column(frame, "down"), column(frame, "up")
    ends = [v for v in (*low, *high) if v is not None]
    left, right = min([0.0, *ends]), max([0.0, *ends])
    margin = 0.02 * ((right - left) or 1.0)
    fig.set(xaxis={"range": [left - margin, right + margin], "visible": False}, meta={"mark": []}, showlegend=False)
    at = [place.bar_at(i) for i in range(place.count)]
    lengths = [None if a is None or b is None else b - a for a, b in zip(low, high, strict=True)]
    bars(fig, lengths, at, base=low, colour=colours.accent, width=place.bar, name=names.text("actual"),
         hover=[title(r) for r in records])  # fmt: skip
    for i, row in enumerate(records):
        write(fig, title(row), 0, place.text_at(i))
        _no_change(fig, at[i], place.bar, colours.text)
        said = " / ".join(_signed(v) for v in (low[i], high[i]) if v is not None and abs(v) >= 5e-4)
        write(fig, f"<b>{said or '–'}</b>", 1, at[i], anchor="right", shift=90)
    return fig.figure()


def _no_change(fig: Sheet, height: float, bar: int, colour: str) -> None:
    """The line at no change, beside its own bar only: it must not run through the text above."""
    ends = {"y0": height - bar / 2 - 3, "y1": height + bar / 2 + 3}
    fig.shape(type="line", x0=0, x1=0, xref="x", yref="y", line={"color": colour, "width": 1.5}, **ends)


def _signed(share: float) -> str:
    return show.number(share * 100, digits=1, signed=True) + "%"
