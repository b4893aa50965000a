"""The open pipeline by stage: how many opportunities and how much money stand where on the as-of date."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import Rows, bars, canvas, column, known, write
from analytics.charts.sheet import message
from analytics.charts.style import FONT_SIZE, Theme, ink, palette

By = Literal["count", "amount"]


def stages(
    frame: pd.DataFrame,
    names: Names,
    theme: Theme,
    *,
    by: By = "amount",
    extent: float | None = None,
    comparison: pd.DataFrame | None = None,
) -> Figure:
    """One bar a stage: columns pipeline, stage, n, amount (of ONE pipeline and segment), top to bottom as given.

    The thin lighter bar is the stock on the comparison date. `extent` fills the width; charts side by side share it.
    An unknown amount is printed as unknown, never drawn as zero.
    """
    if frame.empty:
        return message(theme, names.text("empty"))
    measure = "n" if by == "count" else "amount"
    values = column(frame, measure)
    was = _by_stage(comparison, frame, measure)
    rows = Rows(len(frame), has_second=comparison is not None, top=4)
    fig = canvas(rows, theme, right=74, bottom=30)
    widest = extent or max((v for v in [*values, *was] if v is not None), default=1) or 1
    fig.set(xaxis={"range": [0, widest], "visible": False})
    segment = str(frame["segment"].iloc[0]) if "segment" in frame else None
    colour, colours = ink(theme, segment, names.order), palette(theme)
    at = [rows.bar_at(i) for i in range(rows.count)]
    bars(
        fig,
        values,
        at,
        colour=colour.actual,
        width=rows.bar,
        name=names.text("actual"),
        keyed=comparison is not None,
        hover=[_words(row, names) for row in frame.to_dict("records")],
        marks=[[r.get("pipeline"), r.get("segment"), r["stage"], "open"] for r in frame.to_dict("records")],
    )
    if comparison is not None:
        bars(
            fig,
            was,
            [rows.second_at(i) for i in range(rows.count)],
            colour=colour.comparison,
            width=7,
            name=names.text("comparison"),
            keyed=True,
            hover=[_written(v, by, names) for v in was],
        )
    for i, row in enumerate(frame.to_dict("records")):
        write(fig, names.stage(row.get("pipeline"), row["stage"]), 0, rows.text_at(i))
        write(
            fig,
            f"n {show.number(row.get('n'))}",
            1,
            rows.text_at(i),
            anchor="right",
            colour=colours.muted,
            size=FONT_SIZE - 1,
        )
        write(fig, _written(values[i], by, names), 1, rows.bar_at(i), anchor="right", shift=66, bold=True)
    return fig.figure()


def _by_stage(other: pd.DataFrame | None, frame: pd.DataFrame, measure: str) -> list[float | None]:
    found = {} if other is None else dict(zip(other["stage"], other[measure], strict=True))
    return [known(found.get(stage)) for stage in frame["stage"]]


def _written(value: float | None, by: By, names: Names) -> str:
    return show.number(value) if by == "count" else show.amount(value, names.lang)


def _words(row: dict[Any, Any], names: Names) -> str:
    amount = show.amount(known(row.get("amount")), names.lang)
    return f"{names.stage(row.get('pipeline'), row['stage'])}<br>n {show.number(row.get('n'))} · {amount}"
