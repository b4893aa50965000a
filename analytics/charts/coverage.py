"""Whom we know and reach in an account: departments top to bottom, levels left (highest) to right.

Departments are rows, because there may be many and their names are long: five levels stay readable at 390 pixels.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import known
from analytics.charts.sheet import Sheet, message
from analytics.charts.style import FONT_SIZE, Theme, label, palette, soft

LEVELS = (5, 4, 3, 2, 1)
_HEAD, _TEXT, _CELL, _FOOT = 24, 22, 34, 10


def matrix(frame: pd.DataFrame, names: Names, theme: Theme) -> Figure:
    """One cell per department and level: contacts reached of those known, ▲ who supports us, ▼ who opposes.

    Filled = somebody reached, outlined = known but not reached, nothing = nobody known there. Columns: as
    closeness_accounts.coverage.
    """
    if frame.empty:
        return message(theme, names.text("empty"))
    colours = palette(theme)
    unplaced = (frame["level"].isna() & (frame["contacts"] > 0)).any()
    levels: list[int | None] = [*LEVELS, None] if unplaced else list(LEVELS)
    places = list(dict.fromkeys(None if pd.isna(d) else d for d in frame["department"]))
    pitch = _TEXT + _CELL + _FOOT
    height = _HEAD + len(places) * pitch
    fig = Sheet(theme, height + 34)
    fig.set(
        margin={"l": 4, "r": 4, "t": 4, "b": 30},
        xaxis={"range": [0, len(levels)], "visible": False},
        yaxis={"range": [height, 0], "visible": False},
        hovermode="closest",
    )
    for i, level in enumerate(levels):
        head = names.text("closeness_level", n=level) if level else names.text("closeness_level_unknown")
        _text(fig, head, i + 0.5, 10, colours.muted)
    for j, place in enumerate(places):
        top = _HEAD + j * pitch
        rows = frame[frame["department"].isna()] if place is None else frame[frame["department"] == place]
        _head(fig, place, rows.iloc[0].to_dict(), names, theme, top + _TEXT / 2 - 1)
        for row in rows[rows["contacts"] > 0].to_dict("records"):
            rank = known(row["level"])
            column = levels.index(int(rank)) if rank else len(levels) - 1
            _cell(fig, row, column, top + _TEXT, names, theme)
    said, font = names.text("closeness_matrix_key"), {"color": colours.muted, "size": FONT_SIZE - 1}
    fig.note(text=said, x=0, y=0, xref="paper", yref="paper", xanchor="left", yanchor="top", yshift=-6, font=font)
    return fig.figure()


def _head(fig: Sheet, place: str | None, row: dict[Any, Any], names: Names, theme: Theme, y: float) -> None:
    colours = palette(theme)
    name = label(place, 30) if place else names.text("closeness_no_department")
    fig.note(text=name, x=0, xref="paper", xanchor="left", y=y, yanchor="middle", font={"weight": "bold"})
    if pd.isna(row.get("weight")):
        return
    covered = bool(row["is_covered"])
    said = names.text(
        "closeness_covered" if covered else "closeness_not_covered",
        reached=names.text(
            "closeness_reached_of" if row["n"] <= row["target"] else "closeness_reached_all",  # never "2 of 1"
            n=show.number(row["n"]),
            target=show.number(row["target"]),
        ),
    )
    fig.note(
        text=("✓ " if covered else "○ ") + said,
        x=1,
        xref="paper",
        xanchor="right",
        y=y,
        yanchor="middle",
        font={"color": colours.good if covered else colours.bad, "size": FONT_SIZE - 1},
    )


def _cell(fig: Sheet, row: dict[Any, Any], place: int, top: float, names: Names, theme: Theme) -> None:
    colours = palette(theme)
    reached, contacts = int(row["reached"]), int(row["contacts"])
    fill = soft(colours.accent, 0.15 + 0.35 * reached / contacts) if reached else "rgba(0,0,0,0)"
    line = {"color": colours.accent if reached else colours.muted, "width": 1, "dash": "solid" if reached else "dot"}
    fig.shape(
        type="rect", x0=place + 0.04, x1=place + 0.96, y0=top, y1=top + _CELL, fillcolor=fill, line=line, layer="below"
    )
    _text(fig, f"{reached}/{contacts}", place + 0.5, top + 10, colours.text, size=FONT_SIZE)
    signs = [
        f"{sign}{row[name]}" for sign, name in (("▲", "supporting"), ("▼", "opposing"), ("?", "unknown")) if row[name]
    ]
    _text(fig, " ".join(signs), place + 0.5, top + 25, colours.muted, size=FONT_SIZE - 2)
    said = names.text(
        "closeness_cell",
        reached=reached,
        contacts=contacts,
        supporting=int(row["supporting"]),
        opposing=int(row["opposing"]),
        unknown=int(row["unknown"]),
    )
    fig.scatter(
        x=[place + 0.5],
        y=[top + _CELL / 2],
        mode="markers",
        marker={"size": _CELL, "opacity": 0, "symbol": "square"},
        hovertext=[said],
        hoverinfo="text",
    )


def _text(
    fig: Sheet, text: str, x: float, y: float, colour: str, *, anchor: str = "center", size: int = FONT_SIZE - 1
) -> None:
    fig.note(text=text, x=x, y=y, xanchor=anchor, yanchor="middle", font={"color": colour, "size": size})
