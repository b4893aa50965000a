"""The 13 elements of TAS+ as a strip of lights per opportunity: form and colour say the same, unknown is hollow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import known, write
from analytics.charts.sheet import Sheet, message
from analytics.charts.style import FONT_SIZE, Palette, Theme, label, palette

_HEAD, _PITCH, _NAME = 74, 46, 12


def lights(
    frame: pd.DataFrame, names: Names, theme: Theme, *, elements: Mapping[str, str], lamps: Mapping[str, str]
) -> Figure:
    """One row an opportunity (its name, its amount), one column an element.

    Columns read: name, opportunity_id, amount_base and those of `elements` (column -> what it is called), which hold
    good, look, act or unknown; `lamps` says what these are called. The elements' names stand slanted above their
    columns, so that thirteen fit 390 pixels.
    """
    if frame.empty:
        return message(theme, names.text("empty"))
    colours, records, columns = palette(theme), frame.to_dict("records"), list(elements)
    height = _HEAD + len(records) * _PITCH
    fig = Sheet(theme, height + 8)
    fig.set(
        margin={"l": 4, "r": 8, "t": 4, "b": 4, "pad": 0},
        xaxis={"range": [-0.5, len(columns) + 0.3], "visible": False},
        yaxis={"range": [height, 0], "visible": False},
        hovermode="closest",
        meta={"mark": []},
    )
    for place, column in enumerate(columns):
        fig.note(
            text=label(elements[column]),
            x=place,
            y=_HEAD - 6,
            xanchor="left",
            yanchor="bottom",
            textangle=-55,
            xshift=-6,
            font={"size": FONT_SIZE - 1, "color": colours.muted},
        )
    scale = show.scale_of([r["amount_base"] for r in records], names.lang)
    for i, row in enumerate(records):
        top = _HEAD + i * _PITCH
        write(fig, _name(row), 0, top + _NAME)
        write(
            fig,
            show.amount(known(row["amount_base"]), names.lang, scale=scale),
            1,
            top + _NAME,
            anchor="right",
            colour=colours.muted,
            size=FONT_SIZE - 1,
        )
        fig.shape(type="line", x0=0, x1=1, xref="paper", y0=top, y1=top, line={"color": colours.grid, "width": 1})
    for lamp, style in _styles(colours).items():
        _lamps(fig, records, columns, lamp, style, elements, lamps)
    return fig.figure()


def _styles(colours: Palette) -> dict[str, dict[str, Any]]:
    """Form and colour of each light: full circle, diamond, cross, hollow circle."""
    return {
        "good": {"symbol": "circle", "color": colours.good, "size": 11},
        "look": {"symbol": "diamond", "color": colours.accent, "size": 11},
        "act": {"symbol": "x", "color": colours.bad, "size": 11},
        "unknown": {"symbol": "circle-open", "color": colours.muted, "size": 10},
    }


def _lamps(
    fig: Sheet,
    records: Sequence[Mapping[Any, Any]],
    columns: Sequence[str],
    lamp: str,
    style: Mapping[str, Any],
    elements: Mapping[str, str],
    lamps: Mapping[str, str],
) -> None:
    found = [(i, j) for i, row in enumerate(records) for j, name in enumerate(columns) if row[name] == lamp]
    fig.scatter(
        x=[j for _, j in found],
        y=[_HEAD + i * _PITCH + 32 for i, _ in found],
        mode="markers",
        marker=dict(style),
        name=label(lamps[lamp]),
        hoverinfo="text",
        hovertext=[f"{_name(records[i])}<br>{label(elements[columns[j]])}: {label(lamps[lamp])}" for i, j in found],
    )


def _name(row: Mapping[Any, Any]) -> str:
    name = row.get("name")
    return label(name if isinstance(name, str) and name not in ("", "nan") else row["opportunity_id"], 40)
