"""A number over time with its interval: one line a group, named at its end, the sample size in a strip below."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import MARK, column, key, known, largest_n
from analytics.charts.sheet import Sheet, message
from analytics.charts.style import FONT_SIZE, Theme, ink, label, palette, soft

Kind = Literal["rate", "days", "number", "amount"]
#: from this share of open cases on a point is drawn hollow: it will still move
MANY_OPEN = 1 / 3
_HEIGHT, _LINES = 300, 0.26
#: pixels above the plot, and below it with and without a key
_TOP, _WITH_KEY, _NO_KEY = 22, 52, 30


def line(
    frame: pd.DataFrame,
    names: Names,
    theme: Theme,
    *,
    x: str = "month",
    value: str = "value",
    low: str = "low",
    high: str = "high",
    kind: Kind = "rate",
    by: str = "segment",
    standard: dict[str, float] | None = None,
    unit: str = "",
    first: str | None = None,
) -> Figure:
    """Lines of `value` over `x` (names of periods such as 2026-09 or 2026Q3, which sort as text), one a group of `by`.

    Band = `low` to `high`; hollow point = more than a third of its cases are still open (columns n, censored); a gap
    stands where the value is not known. `standard`: group -> value, drawn dashed. Below, n per period.
    `first`: the group that the title names; the others step back.
    """
    if frame.empty or not frame[value].notna().any():
        return message(theme, names.text("empty"), _HEIGHT)
    is_keyed = any(_is_young(row) and known(row[value]) is not None for row in frame.to_dict("records"))
    bottom = _WITH_KEY if is_keyed else _NO_KEY
    fig = Sheet(theme, _HEIGHT)
    fig.set(
        margin={"l": 44, "r": 104 if by == "segment" else 134, "t": _TOP, "b": bottom, "pad": 2},
        legend={**key(theme), "y": -0.14},
        showlegend=True,
        barmode="group",
        meta={"mark": [*MARK[:3], x]},
    )
    fig.set(
        xaxis={"type": "category", "categoryorder": "category ascending", "anchor": "y2", "nticks": 4, "tickangle": 0}
    )
    fig.set(
        yaxis={
            "domain": [_LINES, 1],
            "showgrid": True,
            "nticks": 5,
            "rangemode": "tozero",
            "tickformat": ".0%" if kind == "rate" else None,
        },
        yaxis2={"domain": [0, _LINES - 0.08], "visible": False, "fixedrange": True, "rangemode": "tozero"},
    )
    ends: list[tuple[float, str, str]] = []
    for group in dict.fromkeys(frame[by]) if by in frame else [None]:
        part = frame if group is None else frame[frame[by] == group]
        colour = ink(theme, group, names.order)
        shade = colour.actual if first in (None, group) else colour.comparison
        _band(fig, part, x, low, high, shade)
        _line(fig, part, x, value, kind, group, names, theme, shade)
        _strip(fig, part, x, shade)
        target = (standard or {}).get(str(group))
        if target is not None:
            fig.scatter(
                x=_places(part, x),
                y=[target] * len(part),
                mode="lines",
                hoverinfo="text",
                showlegend=False,
                line={"dash": "dash", "width": 1.5, "color": colour.actual},
                hovertext=f"{names.text('standard')}: {written(target, kind, names.lang)}",
            )
        last = part[part[value].notna()]
        if len(last):
            ends.append(
                (float(last[value].iloc[-1]), _end(last.iloc[-1], group, value, kind, by, names),
                 colour.actual if shade == colour.actual else palette(theme).muted)
            )
    _name_ends(fig, ends, _HEIGHT - _TOP - bottom)
    if is_keyed:
        fig.scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=names.text("many_open"),
            showlegend=True,
            hoverinfo="skip",
            marker={"size": 7, "color": "rgba(0,0,0,0)", "line": {"width": 1.5, "color": palette(theme).text}},
        )
    if unit:
        fig.note(
            text=label(unit),
            x=0,
            xref="paper",
            xanchor="right",
            y=1,
            yref="paper",
            yanchor="bottom",
            yshift=4,
            xshift=36,
            font={"color": palette(theme).muted, "size": FONT_SIZE - 1},
        )
    largest_n(fig, frame, theme)
    return fig.figure()


def written(value: object, kind: Kind, lang: str) -> str:
    """A value as its kind is written."""
    if kind == "rate":
        return show.rate(value)
    if kind == "days":
        return show.days(value, lang)
    return show.amount(value, lang) if kind == "amount" else show.number(value, digits=1)


def _places(part: pd.DataFrame, x: str) -> list[str]:
    """The categories of the axis are text that is drawn."""
    return [label(name) for name in part[x]]


def _is_young(row: dict[Any, Any]) -> bool:
    n, still = known(row.get("n")), known(row.get("censored", row.get("open")))
    return bool(n) and still is not None and still > MANY_OPEN * (n or 0)


def _line(
    fig: Sheet, part: pd.DataFrame, x: str, value: str, kind: Kind, group: Any, names: Names, theme: Theme, colour: str
) -> None:
    records = part.to_dict("records")
    fig.scatter(
        x=_places(part, x),
        y=column(part, value),
        mode="lines+markers",
        connectgaps=False,
        cliponaxis=False,  # a point at zero is drawn whole
        unselected={"marker": {"opacity": 0.6}},
        showlegend=False,
        name=names.segment(group),
        line={"color": colour, "width": 2},
        hoverinfo="text",
        marker={
            "size": 7,
            "color": [palette(theme).background if _is_young(r) else colour for r in records],
            "line": {"width": 1.5, "color": colour},
        },
        hovertext=[
            f"{label(r[x])} · {written(known(r[value]), kind, names.lang)}<br>n {show.number(r.get('n'))}"
            for r in records
        ],
        customdata=[[r.get("pipeline"), r.get("segment"), r.get("stage"), r[x]] for r in records],
    )


def _band(fig: Sheet, part: pd.DataFrame, x: str, low: str, high: str, colour: str) -> None:
    """The interval as a band; unbroken stretches only, so that a gap stays a gap."""
    if low not in part or high not in part:
        return
    run: list[dict[Any, Any]] = []
    for row in [*part.to_dict("records"), {}]:
        if row and known(row[low]) is not None and known(row[high]) is not None:
            run.append(row)
            continue
        if len(run) > 1:
            fig.scatter(
                x=[label(r[x]) for r in [*run, *run[::-1]]],
                y=[r[low] for r in run] + [r[high] for r in run[::-1]],
                fill="toself",
                mode="lines",
                line={"width": 0},
                fillcolor=soft(colour, 0.16),
                hoverinfo="skip",
                showlegend=False,
            )
        run = []


def _strip(fig: Sheet, part: pd.DataFrame, x: str, colour: str) -> None:
    if "n" in part:
        fig.bar(
            x=_places(part, x),
            y=column(part, "n"),
            yaxis="y2",
            marker={"color": soft(colour, 0.65)},
            showlegend=False,
            hovertext=[f"n {show.number(n)}" for n in part["n"]],
            hoverinfo="text",
        )


def _end(row: pd.Series, group: Any, value: str, kind: Kind, by: str, names: Names) -> str:
    name = names.segment(group, 16) if by == "segment" else names.value(by, group, 24)
    return f"<b>{written(row[value], kind, names.lang)}</b><br>{name if group is not None else ''}"


def _name_ends(fig: Sheet, ends: list[tuple[float, str, str]], height: int) -> None:
    """Value and name at the end of each line, moved apart where they would touch, beside a plot of so many pixels."""
    top = max((v for v, _, _ in ends), default=1) or 1
    room = height * (1 - _LINES)
    lowest = float("inf")
    for value, text, colour in sorted(ends, reverse=True):
        place = min(value / top * room, lowest - 32)
        lowest = place
        fig.note(
            text=text,
            x=1,
            xref="paper",
            xanchor="left",
            y=value,
            yref="y",
            yanchor="middle",
            align="left",
            xshift=4,
            yshift=place - value / top * room,
            font={"color": colour, "size": FONT_SIZE - 1},
        )
