"""A win rate over time with the limits within which chance and usual variation keep it (analytics/fluctuation.py).

Solid line = actual; grey area = the usual range; hollow point = does not count (still running, or the data do not
reach back far enough); a rhomb with its value = outside the range or one of a run on one side; dashed = the rate if
all open overdue ones were lost.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import column, key, known, largest_n
from analytics.charts.sheet import Sheet, message
from analytics.charts.style import FONT_SIZE, Theme, ink, label, palette, soft

HEIGHT, _LINES = 330, 0.24


def chart(
    frame: pd.DataFrame,
    names: Names,
    theme: Theme,
    *,
    segment: str | None = None,
    extent: float | None = None,
    grain: str = "quarter",
) -> Figure:
    """One group over time: rows of win_trend.COLUMNS in time order. `extent`: top of the axis, shared side by side."""
    if frame.empty or not frame["value"].notna().any():
        return message(theme, names.text("empty"), HEIGHT)
    colours, colour = palette(theme), ink(theme, segment, names.order)
    fig = Sheet(theme, HEIGHT)
    fig.set(
        margin={"l": 54, "r": 58, "t": 18, "b": 78, "pad": 2},
        legend={**key(theme), "y": -0.13},
        showlegend=True,
        meta={"mark": ["segment", grain] if grain in ("month", "quarter") else []},
        xaxis={"type": "category", "anchor": "y2", "nticks": 5, "tickangle": 0},
        yaxis={
            "domain": [_LINES, 1],
            "showgrid": True,
            "nticks": 5,
            "tickformat": ".0%",
            "range": [0, _top(frame, extent)],
        },
        yaxis2={"domain": [0, _LINES - 0.07], "visible": False, "fixedrange": True, "rangemode": "tozero"},
    )
    at = [label(name) for name in frame["period"]]
    _range(fig, frame, at, names, theme)
    if draws_overdue(frame):
        fig.scatter(
            x=at,
            y=column(frame, "with_overdue"),
            mode="lines",
            name=names.text("with_overdue"),
            hoverinfo="skip",
            line={"color": colours.muted, "width": 1.5, "dash": "dash"},
            connectgaps=False,
        )
    _line(fig, frame, at, names, theme, segment)
    _signals(fig, frame, at, names, theme)
    fig.bar(
        x=at,
        y=column(frame, "n"),
        yaxis="y2",
        marker={"color": soft(colour.actual, 0.65)},
        showlegend=False,
        hovertext=[f"n {show.number(n)}" for n in frame["n"]],
        hoverinfo="text",
    )
    largest_n(fig, frame, theme)
    last = frame[frame["value"].notna()].iloc[-1]
    fig.note(
        text=f"<b>{show.rate(last['value'])}</b>",
        x=1,
        xref="paper",
        xanchor="left",
        y=float(last["value"]),
        yref="y",
        xshift=4,
        font={"color": colour.actual, "size": FONT_SIZE},
    )
    return fig.figure()


def draws_overdue(frame: pd.DataFrame) -> bool:
    """Is there a line of the rate if all overdue ones were lost? One point is none."""
    known = frame["with_overdue"].notna().to_numpy()
    return bool((known[1:] & known[:-1]).any())


def top(frames: list[pd.DataFrame]) -> float:
    """The top of the axis that several charts share."""
    return max((_top(frame, None) for frame in frames if len(frame)), default=1.0)


def _top(frame: pd.DataFrame, extent: float | None) -> float:
    if extent is not None:
        return extent
    highest = max((v for c in ("value", "upper") for v in column(frame, c) if v is not None), default=1.0)
    return min(1.02, highest * 1.12)


def _range(fig: Sheet, frame: pd.DataFrame, at: list[str], names: Names, theme: Theme) -> None:
    """The usual range as a grey area (unbroken stretches) and the average as a thin line."""
    colours = palette(theme)
    low, high, run, is_keyed = column(frame, "lower"), column(frame, "upper"), [], True
    for i in range(len(at) + 1):
        if i < len(at) and low[i] is not None and high[i] is not None:
            run.append(i)
            continue
        if len(run) > 1:
            fig.scatter(
                x=[at[j] for j in [*run, *run[::-1]]],
                y=[low[j] for j in run] + [high[j] for j in run[::-1]],
                fill="toself",
                mode="lines",
                line={"width": 0},
                fillcolor=soft(colours.neutral.comparison, 0.22),
                hoverinfo="skip",
                showlegend=is_keyed,
                name=names.text("usual_range"),
            )
            is_keyed = False
        run = []
    fig.scatter(
        x=at,
        y=column(frame, "centre"),
        mode="lines",
        hoverinfo="skip",
        name=names.text("average"),
        line={"color": colours.neutral.comparison, "width": 1},
    )


def _line(fig: Sheet, frame: pd.DataFrame, at: list[str], names: Names, theme: Theme, segment: str | None) -> None:
    colour, colours = ink(theme, segment, names.order), palette(theme)
    records = frame.to_dict("records")
    fig.scatter(
        x=at,
        y=column(frame, "value"),
        mode="lines+markers",
        connectgaps=False,
        cliponaxis=False,  # a whole point at 0 %
        showlegend=False,
        hoverinfo="text",
        line={"color": colour.actual, "width": 2},
        unselected={"marker": {"opacity": 0.6}},
        marker={
            "size": 7,
            "line": {"width": 1.5, "color": colour.actual},
            "color": [colour.actual if row["is_usable"] else colours.background for row in records],
        },
        hovertext=[_words(row, names) for row in records],
        customdata=[[segment, row["period"]] for row in records],
    )
    if not frame["is_usable"].all():
        fig.scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=names.text("not_counted"),
            showlegend=True,
            hoverinfo="skip",
            marker={"size": 7, "color": colours.background, "line": {"width": 1.5, "color": colour.actual}},
        )


def _signals(fig: Sheet, frame: pd.DataFrame, at: list[str], names: Names, theme: Theme) -> None:
    """Points that need a reason: a rhomb, green where the rate is high and red where it is low; the value beside it."""
    colours = palette(theme)
    for side, colour in (("above", colours.good), ("below", colours.bad)):
        found = [i for i, signal in enumerate(frame["signal"]) if signal in (side, f"run_{side}")]
        if not found:
            continue
        values = column(frame, "value")
        fig.scatter(
            x=[at[i] for i in found],
            y=[values[i] for i in found],
            mode="markers",
            name=names.text(f"signal_{side}"),
            marker={
                "symbol": "diamond",
                "size": 12,
                "color": colour,
                "line": {"width": 1, "color": colours.background},
            },
            hoverinfo="skip",
        )
        for i in found:
            if frame["signal"].iloc[i] == side and i < len(at) - 1:
                fig.note(
                    text=show.rate(values[i]),
                    x=at[i],
                    y=values[i],
                    yref="y",
                    yshift=16 if side == "above" else -16,
                    font={"color": colour, "size": FONT_SIZE - 1},
                )


def _words(row: dict[Any, Any], names: Names) -> str:
    text = [f"{label(row['period'])} · {show.rate(known(row['value']))} · n {show.number(row['n'])}"]
    if known(row["lower"]) is not None:
        text.append(f"{names.text('usual_range')}: {show.interval(row['lower'], row['upper'], names.lang)}")
    if row["is_truncated"]:
        text.append(names.text("truncated"))
    elif not row["is_complete"]:
        text.append(names.text("running"))
    if known(row["open_overdue"]):
        text.append(names.text("overdue_then", n=show.number(row["open_overdue"])))
    return "<br>".join(text)
