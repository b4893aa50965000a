"""Whose win rate moved in the last week: from a hollow point (before) to an arrow head (now), on one scale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import Rows, bars, canvas, column, write
from analytics.charts.sheet import message
from analytics.charts.style import FONT_SIZE, Theme, label, palette

_BAR, _UNDER = 12, 18


def chart(frame: pd.DataFrame, names: Names, theme: Theme, *, why: Callable[[dict[Any, Any]], str]) -> Figure:
    """Rows of ask.win_movers; `why` says in a few words (plain text) what moved a row most."""
    moved = frame[frame["p"].notna() & frame["p_before"].notna()] if len(frame) else frame
    if moved.empty:
        return message(theme, names.text("empty"))
    colours = palette(theme)
    place = Rows(len(moved), top=4, bar=_BAR, after=_UNDER)
    fig = canvas(place, theme, right=84, top=22, bottom=34)
    fig.set(
        meta={"mark": ["opportunity_id"]},
        xaxis={
            "range": [-0.02, 1.02],
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
            "tickformat": ".0%",
            "showgrid": True,
            "gridcolor": colours.grid,
            "side": "top",
        },
    )
    records = moved.to_dict("records")
    at = [place.bar_at(i) for i in range(place.count)]
    for sign, colour in ((1, colours.good), (-1, colours.bad)):
        mine = [i for i, r in enumerate(records) if r["delta"] * sign > 0]
        bars(
            fig,
            [records[i]["p"] - records[i]["p_before"] for i in mine],
            [at[i] for i in mine],
            colour=colour,
            width=4,
            name="",
            base=[records[i]["p_before"] for i in mine],
        )
        fig.scatter(
            x=[records[i]["p"] for i in mine],
            y=[at[i] for i in mine],
            mode="markers",
            hoverinfo="text",
            showlegend=False,
            marker={"size": 12, "symbol": "triangle-right" if sign > 0 else "triangle-left", "color": colour},
            customdata=[[records[i]["opportunity_id"]] for i in mine],
            unselected={"marker": {"opacity": 0.6}},
            hovertext=[_words(records[i], names, why) for i in mine],
        )
    fig.scatter(
        x=column(moved, "p_before"),
        y=at,
        mode="markers",
        hoverinfo="skip",
        name=names.text("week_before"),
        showlegend=True,
        marker={"size": 8, "color": colours.background, "line": {"width": 1.5, "color": colours.text}},
    )
    for i, row in enumerate(records):
        write(fig, _name(row), 0, place.text_at(i))
        change = show.points(row["p"] - row["p_before"], names.lang)
        write(fig, show.rate(row["p"]), 1, place.text_at(i), anchor="right", shift=78, bold=True)
        write(
            fig,
            change,
            1,
            at[i],
            anchor="right",
            shift=78,
            colour=colours.good if row["delta"] > 0 else colours.bad,
            size=FONT_SIZE - 1,
        )
        write(fig, label(why(row), 52), 0, place.after_at(i), colour=colours.muted, size=FONT_SIZE - 1)
    return fig.figure()


def _name(row: dict[Any, Any]) -> str:
    name = row.get("name")
    return label(name if isinstance(name, str) and name not in ("", "nan") else row["opportunity_id"], 40)


def _words(row: dict[Any, Any], names: Names, why: Callable[[dict[Any, Any]], str]) -> str:
    lines = [_name(row), f"{show.rate(row['p_before'])} → {show.rate(row['p'])}", label(why(row))]
    if isinstance(row.get("rival"), str):
        lines.append(names.text("against", rival=label(row["rival"], 30)))
    return "<br>".join(lines)
