"""Survival curves: the share still in a stage after so many days, for ONE pipeline and segment."""

from __future__ import annotations

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import MARK, column, known
from analytics.charts.sheet import Sheet, message
from analytics.charts.style import FONT_SIZE, Theme, ink, palette, soft


def curves(
    frame: pd.DataFrame, names: Names, theme: Theme, *, medians: pd.DataFrame | None = None, extent: float | None = None
) -> Figure:
    """Share still in the stage after so many days: one small panel a stage, two across, one scale of days.

    Columns pipeline, stage, days, survival, low, high (a step function with its 95 % band), n, open_share, in the order
    of days. The curve ends where observation ends. `medians` (stage, value) names the day on which half have left.
    """
    if frame.empty:
        return message(theme, names.text("empty"))
    stages = list(dict.fromkeys(frame["stage"]))
    lines = -(-len(stages) // 2)
    fig = Sheet(theme, 150 * lines + 30)
    fig.set(margin={"l": 34, "r": 10, "t": 4, "b": 30, "pad": 0}, meta={"mark": list(MARK)})
    widest = extent or horizon(frame)
    known_medians = _medians(medians, stages)
    for number, stage in enumerate(stages):
        part = frame[frame["stage"] == stage]
        where = (number % 2, number // 2)
        axes = _cell(fig, number, where, lines, widest, theme, is_lowest=number + 2 >= len(stages))
        _curve(fig, part, axes, names, theme, widest, known_medians[number])
    return fig.figure()


def horizon(*frames: pd.DataFrame) -> float:
    """How far curves are drawn that are compared: to the day on which at most a tenth is left in every stage."""
    ends = []
    for frame in frames:
        for _, part in frame.groupby(["pipeline", "stage"], sort=False) if len(frame) else []:
            low = part[part["survival"] <= 0.1]
            ends.append(float(low["days"].iloc[0] if len(low) else part["days"].iloc[-1]))
    return max(ends, default=1.0) or 1.0


def _cell(
    fig: Sheet, number: int, where: tuple[int, int], lines: int, widest: float, theme: Theme, *, is_lowest: bool
) -> tuple[str, str]:
    suffix = "" if number == 0 else str(number + 1)
    left = 0 if where[0] == 0 else 0.53
    bottom = 1 - (where[1] + 1) / lines
    fig.set(
        **{
            f"xaxis{suffix}": {
                "domain": [left, left + 0.47],
                "anchor": f"y{suffix}",
                "range": [0, widest],
                "nticks": 4,
                "showticklabels": is_lowest,
                "showline": True,
                "fixedrange": True,
            },
            f"yaxis{suffix}": {
                "domain": [bottom + 0.04, bottom + 0.8 / lines],
                "anchor": f"x{suffix}",
                "range": [0, 1.02],
                "tickvals": [0, 0.5, 1],
                "tickformat": ".0%",
                "showticklabels": where[0] == 0,
                "showgrid": True,
                "gridcolor": palette(theme).grid,
                "fixedrange": True,
            },
        }
    )
    return f"x{suffix}", f"y{suffix}"


def _curve(
    fig: Sheet,
    part: pd.DataFrame,
    axes: tuple[str, str],
    names: Names,
    theme: Theme,
    widest: float,
    median: float | None,
) -> None:
    colour, colours = ink(theme, part["segment"].iloc[0] if "segment" in part else None, names.order), palette(theme)
    x, y = axes
    row = part.iloc[0]
    days = column(part, "days")
    step = {"mode": "lines", "xaxis": x, "yaxis": y}
    band = part.dropna(subset=["low", "high"])
    fig.scatter(
        x=column(band, "days"), y=column(band, "low"), line={"width": 0, "shape": "hv"}, hoverinfo="skip", **step
    )
    fig.scatter(
        x=column(band, "days"),
        y=column(band, "high"),
        line={"width": 0, "shape": "hv"},
        hoverinfo="skip",
        fill="tonexty",
        fillcolor=soft(colour.actual, 0.22),
        name=names.text("interval"),
        **step,
    )
    hover = [
        names.text("survival_hover", days=show.days(d, names.lang), share=show.rate(s))
        for d, s in zip(days, column(part, "survival"), strict=True)
    ]
    fig.scatter(
        x=days,
        y=column(part, "survival"),
        line={"width": 2, "shape": "hv", "color": colour.actual},
        hovertext=hover,
        hoverinfo="text",
        name=names.stage(row.get("pipeline"), row["stage"]),
        customdata=[[row.get("pipeline"), row.get("segment"), row["stage"], None]] * len(part),
        **step,
    )
    fig.note(
        text=names.stage(row.get("pipeline"), row["stage"], 24),
        x=0,
        xref=f"{x} domain",
        xanchor="left",
        y=1,
        yref=f"{y} domain",
        yanchor="bottom",
        yshift=2,
        font={"weight": "bold"},
    )
    fig.note(
        text=_ending(part, names),
        x=1,
        xref=f"{x} domain",
        xanchor="right",
        y=1,
        yref=f"{y} domain",
        yanchor="top",
        font={"size": FONT_SIZE - 1, "color": colours.muted},
    )
    if median is not None and median <= widest:
        fig.scatter(
            x=[median, median],
            y=[0, 0.5],
            line={"width": 1, "dash": "dot", "color": colours.text},
            hoverinfo="skip",
            **step,
        )
        fig.note(
            text=show.days(median, names.lang),
            x=median,
            y=0.5,
            xref=x,
            yref=y,
            xanchor="left",
            yanchor="bottom",
            xshift=3,
            font={"size": FONT_SIZE - 1},
        )


def _ending(part: pd.DataFrame, names: Names) -> str:
    """How many visits the curve rests on, and the share of them that has not ended."""
    last = part.iloc[-1]
    share = known(last.get("open_share"))
    if share is None:
        return f"n {show.number(last.get('n'))}" if known(last.get("n")) is not None else ""
    return names.text("survival_open", share=show.rate(share, digits=0), n=show.number(last.get("n")))


def _medians(medians: pd.DataFrame | None, stages: list[str]) -> list[float | None]:
    found = {} if medians is None or medians.empty else dict(zip(medians["stage"], medians["value"], strict=True))
    return [known(found.get(stage)) for stage in stages]
