"""Closeness of many accounts: the mean over time, who moved, which groups drifted off, who holds accounts alone, and
whether closeness predicted winning.

Rows as in charts/rows.py: text above, mark below, numbers to the right, so that all is readable at 390 pixels. What is
not known leaves a gap, it is never drawn at zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import Rows, bars, canvas, column, known, whiskers, write
from analytics.charts.sheet import Sheet, message
from analytics.charts.style import FONT_SIZE, Theme, ink, label, palette
from data.scope import UNKNOWN

HEIGHT = 260
_SPARK = 30
#: room for the names of the bands, right of the plot
_EDGE = 72
#: how the axis writes a month
_MONTHS = {"en": "%b %Y", "zh": "%Y-%m"}
Title = Callable[[dict[Any, Any]], str]


def course(
    frame: pd.DataFrame, names: Names, theme: Theme, *, bands: Sequence[int], by: str = "segment", value: str = "mean"
) -> Figure:
    """`value` (0 to 100) over `as_of_on`, one line per value of `by`, its name and last figure at its end.

    `bands`: lower bounds of the bands, drawn as lines with their names.
    """
    if frame.empty or not frame[value].notna().any():
        return message(theme, names.text("empty"), HEIGHT)
    colours = palette(theme)
    fig = Sheet(theme, HEIGHT)
    low, high = _reach(column(frame, value), bands)
    fig.set(margin={"l": 28, "r": _EDGE, "t": 12, "b": 26}, xaxis={"type": "date"}, yaxis={"range": [low, high]})
    _edges(fig, names, theme, bands, low, high)
    fig.set(xaxis={"tickformat": _MONTHS[names.lang]})
    ends: list[tuple[float, str, str, str]] = []
    for group, part in frame.groupby(by, sort=False) if by else [("", frame)]:
        if group == UNKNOWN:
            continue
        colour = ink(theme, str(group), names.order).actual if by == "segment" else colours.accent
        ys = column(part, value)
        fig.scatter(
            x=[str(d)[:10] for d in part["as_of_on"]],
            y=ys,
            mode="lines",
            line={"color": colour, "width": 2},
            name=names.segment(str(group)) if by else "",
            connectgaps=False,
            cliponaxis=False,
            hovertemplate="%{x}  %{y:.1f}<extra></extra>",
        )
        last = next(((d, y) for d, y in zip(part["as_of_on"].iloc[::-1], ys[::-1], strict=True) if y is not None), None)
        if last:
            said = f"{names.segment(str(group))} " if by else ""
            ends.append((last[1], str(last[0])[:10], f"{said}{show.number(last[1], digits=1)}", colour))
    for i, (y, x, text, colour) in enumerate(sorted(ends, reverse=True)):  # the highest above its line, others below
        anchor, font = "bottom" if i == 0 else "top", {"color": colour, "size": FONT_SIZE, "weight": "bold"}
        fig.note(
            text=text, x=x, y=y, xanchor="right", yanchor=anchor, yshift=3 if i == 0 else -3 - 15 * (i - 1), font=font
        )
    return fig.figure()


def parts(frame: pd.DataFrame, names: Names, theme: Theme, *, bands: Sequence[int]) -> Figure:
    """One account: closeness (thick), and thinner depth, breadth and transparency, each named at its end."""
    if frame.empty or not frame[["closeness", "depth", "breadth", "transparency"]].notna().any(axis=None):
        return message(theme, names.text("empty"), HEIGHT)
    colours = palette(theme)
    fig = Sheet(theme, HEIGHT)
    fig.set(
        margin={"l": 28, "r": _EDGE, "t": 12, "b": 48},
        xaxis={"type": "date", "tickformat": _MONTHS[names.lang]},
        yaxis={"range": [-2, 102]},
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": -0.12, "yanchor": "top", "font": {"size": FONT_SIZE - 1}},
    )
    _edges(fig, names, theme, bands, -2, 102)
    days = [str(d)[:10] for d in frame["as_of_on"]]
    others = [c.actual for c in (*palette(theme).others[:3],)]
    for name, colour, width, dash in (
        ("depth", others[0], 1.3, "dash"),
        ("breadth", others[1], 1.3, "dot"),
        ("transparency", others[2], 1.3, "dashdot"),
        ("closeness", colours.accent, 2.8, "solid"),
    ):
        fig.scatter(
            x=days,
            y=column(frame, name),
            mode="lines",
            name=names.text(f"closeness_{name}"),
            connectgaps=False,
            line={"color": colour, "width": width, "dash": dash, "shape": "hv" if name == "breadth" else "linear"},
            hovertemplate=f"{names.text(f'closeness_{name}')} %{{y:.1f}}<br>%{{x}}<extra></extra>",
        )
    return fig.figure()


def movers(frame: pd.DataFrame, names: Names, theme: Theme, *, title: Title) -> Figure:
    """One row an account: `title` (escaped by the caller), its course of the last weeks as a small line, closeness
    now and `change` with its sign. All lines share the scale 0 to 100."""
    if frame.empty:
        return message(theme, names.text("empty"))
    colours = palette(theme)
    place = Rows(len(frame), bar=_SPARK, top=2)
    fig = canvas(place, theme, right=112, bottom=10)
    fig.set(showlegend=False, meta={"mark": []})
    longest = max((len(c) for c in frame["course"]), default=1) or 1
    fig.set(xaxis={"range": [0, longest - 1], "visible": False})
    for i, row in enumerate(frame.to_dict("records")):
        middle = place.bar_at(i)
        write(fig, title(row), 0, place.text_at(i))
        points = [known(v) for v in row["course"]]
        start = longest - len(points)
        worse = (known(row["change"]) or 0) < 0
        colour = colours.bad if worse else colours.good
        fig.scatter(
            x=[start + k for k in range(len(points))],
            mode="lines",
            connectgaps=False,
            hoverinfo="text",
            y=[None if v is None else middle + _SPARK / 2 - v / 100 * _SPARK for v in points],
            hovertext=["" if v is None else show.number(v, digits=1) for v in points],
            line={"color": colours.neutral.actual, "width": 1.6},
            cliponaxis=False,
        )
        fig.shape(
            type="line",
            x0=0,
            x1=longest - 1,
            y0=middle + _SPARK / 2,
            y1=middle + _SPARK / 2,
            layer="below",
            line={"color": colours.grid, "width": 1},
        )
        write(fig, show.number(row["closeness"], digits=0), 1, middle, anchor="left", shift=8, bold=True)
        sign = "▼" if worse else "▲"
        write(
            fig,
            f"{sign} {show.number(row['change'], digits=1, signed=True)}",
            1,
            middle,
            anchor="right",
            shift=108,
            colour=colour,
        )
    return fig.figure()


def groups(frame: pd.DataFrame, names: Names, theme: Theme, *, title: Title) -> Figure:
    """Mean change of closeness per group, a loss to the left and a gain to the right; hatched where it can be chance.

    Columns: change, n, is_real."""
    if frame.empty:
        return message(theme, names.text("empty"))
    colours = palette(theme)
    place = Rows(len(frame), top=4)
    fig = canvas(place, theme, right=112, bottom=30)
    values = column(frame, "change")
    far = max((abs(v) for v in values if v is not None), default=1) or 1
    fig.set(xaxis={"range": [-far, far], "visible": False}, meta={"mark": []})
    records = frame.to_dict("records")
    for is_real in (True, False):
        for is_loss in (True, False):
            mine = [i for i, r in enumerate(records) if bool(r["is_real"]) is is_real and (r["change"] < 0) is is_loss]
            colour = colours.bad if is_loss else colours.good
            bars(
                fig,
                [values[i] for i in mine],
                [place.bar_at(i) for i in mine],
                colour=colour,
                width=place.bar,
                name=names.text("closeness_chance"),
                hatched=not is_real,
                keyed=False,
                hover=[f"{title(records[i])}<br>{show.number(values[i], digits=1, signed=True)}" for i in mine],
            )
    for i, row in enumerate(records):
        top, line = place.bar_at(i) - place.bar / 2, {"color": colours.muted, "width": 1}
        fig.shape(type="line", x0=0, x1=0, y0=top - 2, y1=top + place.bar + 2, line=line)
        write(fig, title(row), 0, place.text_at(i), bold=bool(row["is_real"]))
        write(
            fig,
            show.number(row["change"], digits=1, signed=True),
            1,
            place.bar_at(i),
            shift=8,
            anchor="left",
            colour=(colours.bad if row["change"] < 0 else colours.good) if row["is_real"] else colours.muted,
            bold=bool(row["is_real"]),
        )
        write(
            fig,
            f"n {show.number(row['n'])}",
            1,
            place.bar_at(i),
            shift=108,
            anchor="right",
            colour=colours.muted,
            size=FONT_SIZE - 1,
        )
    if not frame["is_real"].all():
        said = names.text("closeness_hatched")
        font = {"color": colours.muted, "size": FONT_SIZE - 1}
        fig.note(text=said, x=0, y=0, xref="paper", yref="paper", xanchor="left", yanchor="top", yshift=-8, font=font)
    return fig.figure()


def holders(frame: pd.DataFrame, names: Names, theme: Theme, *, title: Title, currency: str) -> Figure:
    """Open amount on the accounts that one person holds alone, a bar a person; n of accounts to the right."""
    if frame.empty:
        return message(theme, names.text("empty"))
    colours = palette(theme)
    place = Rows(len(frame), top=4)
    fig = canvas(place, theme, right=112, bottom=8)
    fig.set(showlegend=False, meta={"mark": []})
    values = column(frame, "amount_base")
    scale = show.scale_of([v for v in values if v is not None], names.lang)
    fig.set(xaxis={"range": [0, max((v for v in values if v is not None), default=1) or 1], "visible": False})
    bars(
        fig,
        values,
        [place.bar_at(i) for i in range(place.count)],
        colour=colours.neutral.actual,
        width=place.bar,
        name=currency,
        hover=[title(r) for r in frame.to_dict("records")],
    )
    for i, row in enumerate(frame.to_dict("records")):
        write(fig, title(row), 0, place.text_at(i))
        write(
            fig,
            show.amount(known(row["amount_base"]), names.lang, scale=scale),
            1,
            place.bar_at(i),
            shift=108,
            anchor="right",
        )
    return fig.figure()


def bands(frame: pd.DataFrame, names: Names, theme: Theme, *, title: Title) -> Figure:
    """Win rate by band of closeness with its interval, the lowest band on top; n to the right."""
    if frame.empty:
        return message(theme, names.text("empty"))
    place = Rows(len(frame), top=4)
    fig = canvas(place, theme, right=112, bottom=10)
    fig.set(xaxis={"range": [0, 1], "visible": False}, showlegend=False, meta={"mark": []})
    at, colours = [place.bar_at(i) for i in range(place.count)], palette(theme)
    bars(
        fig,
        column(frame, "value"),
        at,
        colour=colours.neutral.actual,
        width=place.bar,
        name=names.text("actual"),
        hover=[title(r) for r in frame.to_dict("records")],
    )
    whiskers(fig, column(frame, "low"), column(frame, "high"), at, theme, name=names.text("interval"))
    for i, row in enumerate(frame.to_dict("records")):
        write(fig, title(row), 0, place.text_at(i))
        write(fig, show.rate(known(row["value"]), names.lang), 1, at[i], shift=8, bold=True)
        write(
            fig,
            f"n {show.number(row['n'])}",
            1,
            at[i],
            shift=108,
            anchor="right",
            colour=colours.muted,
            size=FONT_SIZE - 1,
        )
    return fig.figure()


def _reach(values: Sequence[float | None], bands: Sequence[int]) -> tuple[float, float]:
    """A range around the values that also shows the band edges next to them."""
    found = [v for v in values if v is not None]
    low, high = min(found), max(found)
    below = max((e for e in bands if e <= low), default=0)
    above = min((e for e in bands if e >= high), default=100)
    return max(-2, below - 4), min(102, above + 6)


def _edges(fig: Sheet, names: Names, theme: Theme, bands: Sequence[int], low: float, high: float) -> None:
    colours = palette(theme)
    for edge, name in zip(bands, ("contact", "trusted", "partner"), strict=False):
        if low < edge < high:
            fig.shape(
                type="line",
                xref="paper",
                x0=0,
                x1=1,
                y0=edge,
                y1=edge,
                layer="below",
                line={"color": colours.grid, "width": 1, "dash": "dot"},
            )
            fig.note(
                text=label(f"{names.text(f'closeness_band_{name}')} ≥ {edge}"),
                xref="paper",
                x=1,
                xanchor="left",
                xshift=4,
                y=edge,
                yanchor="middle",
                font={"color": colours.muted, "size": FONT_SIZE - 2},
            )
