"""From one stock to another: what came in, rose, fell and left, top to bottom (IBCS: green adds, red takes away)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import Rows, bars, canvas, known, write
from analytics.charts.sheet import message
from analytics.charts.style import FONT_SIZE, Theme, ink, palette

#: what a click hands back
MARK = ("segment", "outcome")


def waterfall(
    frame: pd.DataFrame,
    names: Names,
    theme: Theme,
    *,
    by: str = "amount",
    segment: str | None = None,
    extent: float | None = None,
) -> Figure:
    """Rows of bridge.parts of ONE group; parts in which nothing happened are left out. `by`: amount | count.

    What chance or sales decide is coloured (won is good although it leaves the stock); handovers and other moves
    between views are neither good nor bad. Charts side by side share `extent`, their largest level.
    """
    rows = [
        r
        for r in frame.to_dict("records")
        if r["kind"] in ("start", "end") or (r["n"] if by == "amount" else r["effect_n"])
    ]
    if not any(r["n"] for r in rows):
        return message(theme, names.text("empty"))
    colours, colour = palette(theme), ink(theme, segment, names.order)
    place = Rows(len(rows), top=4)
    fig = canvas(place, theme, right=84, bottom=12)
    spans, level = [], 0.0
    for row in rows:
        step = float(row["effect"] if by == "amount" else row["effect_n"])
        start = 0.0 if row["kind"] in ("start", "end") else level
        spans.append((start, step))
        level = start + step
    widest = extent or max(max(a, a + b) for a, b in spans) or 1
    fig.set(xaxis={"range": [0, widest * 1.01], "visible": False}, showlegend=False, meta={"mark": list(MARK)})
    at = [place.bar_at(i) for i in range(place.count)]
    for i, (row, (base, step)) in enumerate(zip(rows, spans, strict=True)):
        shade = _shade(row, colour.actual, colours)
        hover = f"{_title(row, names)}<br>n {show.number(row['n'])}<br>{_written(row, by, names)}"
        bars(
            fig,
            [step],
            [at[i]],
            base=[base],
            colour=shade,
            width=place.bar,
            name="",
            hover=[hover],
            marks=[[segment, row["part"]]],
        )
        is_stock = row["kind"] in ("start", "end")
        if i:
            at_x = level if row["kind"] == "end" else base
            fig.shape(
                type="line",
                x0=at_x,
                x1=at_x,
                y0=at[i - 1],
                y1=at[i],
                xref="x",
                yref="y",
                layer="below",
                line={"color": colours.muted, "width": 1, "dash": "dot"},
            )
        write(fig, _title(row, names), 0, place.text_at(i), bold=is_stock, covers=colours.background)
        write(
            fig,
            f"n {show.number(row['n'])}",
            1,
            place.text_at(i),
            anchor="right",
            shift=78,
            colour=colours.muted,
            size=FONT_SIZE - 1,
        )
        write(
            fig,
            _written(row, by, names),
            1,
            at[i],
            anchor="right",
            shift=78,
            bold=is_stock,
            colour=None if is_stock else shade,
        )
    return fig.figure()


def _title(row: dict[Any, Any], names: Names) -> str:
    return names.text(f"bridge_{row['part']}")


def _shade(row: dict[Any, Any], stock: str, colours: Any) -> str:
    if row["kind"] in ("start", "end"):
        return stock
    if row["part"] in ("moved_in", "owner_in", "moved_out", "owner_out", "postponed", "woken", "restored"):
        return str(colours.neutral.actual)
    return str(colours.good if row["effect"] > 0 or row["part"] == "won" else colours.bad)


def _written(row: dict[Any, Any], by: str, names: Names) -> str:
    is_stock = row["kind"] in ("start", "end")
    if by == "count":
        return show.number(row["effect_n"], signed=not is_stock)
    if known(row["amount"]) is None:
        return show.UNKNOWN
    return show.amount(row["effect"], names.lang, signed=not is_stock)
