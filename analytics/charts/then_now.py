"""What became of the largest opportunities: the amount then as a thin light bar, the amount now below its name."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import Rows, bars, canvas, column, write
from analytics.charts.sheet import message
from analytics.charts.style import FONT_SIZE, Theme, ink, label, palette

_OPEN = ("open", "paused", "future")
#: so much of the width is left for the words on the right
_RIGHT = 96


def chart(frame: pd.DataFrame, names: Names, theme: Theme, *, segment: str | None = None) -> Figure:
    """Rows of ask.then_and_now of one segment. Won bars are full, open ones hatched; what was lost has none."""
    if frame.empty:
        return message(theme, names.text("empty"))
    colours, shade = palette(theme), ink(theme, segment, names.order)
    place = Rows(len(frame), has_second=True)
    fig = canvas(place, theme, right=_RIGHT, top=4)
    fig.set(meta={"mark": ["opportunity_id"]}, xaxis={"rangemode": "tozero", "visible": False})
    records = frame.to_dict("records")
    amounts, before = column(frame, "amount"), column(frame, "amount_then")
    for keep, hatched, key in ((("won",), False, "now_won"), (_OPEN, True, "now_open")):
        mine = [i for i, row in enumerate(records) if row["status"] in keep]
        bars(fig, [amounts[i] for i in mine], [place.bar_at(i) for i in mine], colour=shade.actual, width=place.bar,
             name=names.text(key), hatched=hatched, keyed=bool(mine), hover=[_hover(records[i], names) for i in mine],
             marks=[[records[i]["opportunity_id"]] for i in mine])
    bars(fig, before, [place.second_at(i) for i in range(place.count)], colour=shade.comparison, width=7,
         name=names.text("then"), keyed=True, hover=[_hover(row, names) for row in records],
         marks=[[row["opportunity_id"]] for row in records])
    for i, row in enumerate(records):
        write(fig, label(title(row), 36), 0, place.text_at(i))
        write(fig, names.value("status", row["status"]), 1, place.text_at(i), anchor="right", shift=_RIGHT - 8,
              bold=True, colour=_colour(row["status"], colours))
        write(fig, show.amount(amounts[i], names.lang), 1, place.bar_at(i), anchor="right", shift=_RIGHT - 8,
              size=FONT_SIZE - 1)
    return fig.figure()


def title(row: dict[Any, Any]) -> str:
    """What an opportunity is called (plain text): its name, else its account and id."""
    if is_named(row["name"]):
        return str(row["name"])
    told = [row.get("account_name"), str(row["opportunity_id"])]
    return " · ".join(str(part) for part in told if is_named(part))


def is_named(name: Any) -> bool:
    """Does the export say a name?"""
    return isinstance(name, str) and name not in ("", "nan")


def _colour(status: str, colours: Any) -> str | None:
    return {"won": colours.good, "lost": colours.bad, "no_decision": colours.bad}.get(status)


def _hover(row: dict[Any, Any], names: Names) -> str:
    ways = f"{names.stage(row['pipeline'], row['from_stage'])} → {names.stage(row['pipeline'], row['to_stage'])}"
    sums = f"{show.amount(row['amount_then'], names.lang)} → {show.amount(row['amount'], names.lang)}"
    return "<br>".join([label(title(row)), ways, sums])
