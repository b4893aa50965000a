"""Shares of groups with their intervals, top to bottom: win rate by region, by rival, by stage reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import FEW, Rows, bars, canvas, column, known, whiskers, write
from analytics.charts.sheet import message
from analytics.charts.style import FONT_SIZE, Theme, ink, palette


def rows(
    frame: pd.DataFrame,
    names: Names,
    theme: Theme,
    *,
    title: Callable[[dict[Any, Any]], str],
    mark: tuple[str, ...],
    before: dict[str, float] | None = None,
    by: str = "",
    promised: str = "",
    segment: str | None = None,
    extent: float | None = None,
    average: float | None = None,
) -> Figure:
    """One bar a row: value with its interval low to high, n on the right; why there is none where there is none. A
    share of fewer than FEW cases is pale.

    title     what stands above a bar (escaped by the caller)
    mark      the columns that a click hands back
    before    value of column `by` -> share of the comparison period: the thin lighter bar
    promised  column of a standard, drawn as an outlined bar
    average   drawn as a line through all rows
    """
    if frame.empty:
        return message(theme, names.text("empty"))
    values, colour, colours = column(frame, "value"), ink(theme, segment, names.order), palette(theme)
    has_second = before is not None
    is_compared = any(known(v) is not None for v in (before or {}).values())
    place = Rows(len(frame), has_second=has_second, top=4)
    fig = canvas(place, theme, right=60)
    reach = extent or widest(frame, promised, before)
    fig.set(xaxis={"range": [0, reach], "visible": False}, meta={"mark": list(mark)})
    at = [place.bar_at(i) for i in range(place.count)]
    records = frame.to_dict("records")
    few = [known(r.get("low")) is not None and (known(r.get("n")) or 0) < FEW for r in records]
    if promised and any(v is not None for v in column(frame, promised)):
        bars(
            fig,
            column(frame, promised),
            at,
            colour=colours.text,
            width=place.bar,
            name=names.text("stage_promise"),
            keyed=True,
            outlined=colours.muted,
            hover=[show.rate(known(r[promised])) for r in records],
        )
    bars(
        fig,
        values,
        at,
        colour=colour.actual,
        width=place.bar - (6 if promised else 0),
        name=names.text("actual"),
        pale=few if any(few) else False,
        keyed=is_compared or bool(promised),
        marks=[[r.get(name) for name in mark] for r in records],
        hover=[f"{title(r)}<br>{_value(r, names)}<br>n {show.number(r.get('n'))}" for r in records],
    )
    whiskers(fig, column(frame, "low"), column(frame, "high"), at, theme, name=names.text("interval"), keyed=True)
    if any(few):
        bars(fig, [None], [0], colour=colour.actual, width=7, name=f"n ≤ {FEW - 1}", keyed=True, pale=True)
    if before is not None and is_compared:
        was = [known(before.get(r[by])) for r in records]
        bars(
            fig,
            was,
            [place.second_at(i) for i in range(place.count)],
            colour=colour.comparison,
            width=7,
            name=names.text("comparison"),
            keyed=True,
            hover=[show.rate(v) for v in was],
        )
    if known(average) is not None:
        fig.shape(
            type="line",
            x0=average,
            x1=average,
            xref="x",
            y0=0,
            y1=place.height,
            yref="y",
            layer="below",
            line={"color": colours.muted, "width": 1, "dash": "dot"},
        )
    for i, row in enumerate(records):
        write(fig, title(row), 0, place.text_at(i))
        write(
            fig,
            f"n {show.number(row.get('n'))}",
            1,
            place.text_at(i),
            anchor="right",
            shift=54,
            colour=colours.muted,
            size=FONT_SIZE - 1,
        )
        if values[i] is None:
            write(fig, names.reason(row.get("reason")), 0, at[i], colour=colours.muted, size=FONT_SIZE - 1)
        else:
            write(fig, show.rate(values[i]), 1, at[i], anchor="right", shift=54, bold=True)
    return fig.figure()


def widest(frame: pd.DataFrame, promised: str = "", before: dict[str, float] | None = None) -> float:
    """The width of the axis; charts side by side share the largest."""
    found = [v for name in ("value", "high", promised) if name in frame for v in column(frame, name) if v is not None]
    found += [v for v in (before or {}).values() if known(v) is not None]
    return min(1.0, max(found, default=1.0) * 1.02) or 1.0


def _value(row: dict[Any, Any], names: Names) -> str:
    if known(row.get("value")) is None:
        return names.reason(row.get("reason"))
    return f"{show.rate(row['value'])} ({show.interval(row.get('low'), row.get('high'), names.lang)})"
