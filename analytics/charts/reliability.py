"""Does a prediction tell the truth: predicted win rate (across) against the share that was won (up)."""

from __future__ import annotations

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import key, known
from analytics.charts.sheet import Sheet, message
from analytics.charts.style import FONT_SIZE, Theme, palette

HEIGHT = 380
#: one form and one dash a source: told apart without colour
_FORMS = {
    "comparison": ("circle", "solid"),
    "crm": ("square-open", "dash"),
    "stage_default": ("triangle-up-open", "dot"),
}


def chart(frame: pd.DataFrame, names: Names, theme: Theme) -> Figure:
    """Rows of calibration.reliability. On the diagonal a prediction is true; vertical lines are 95 % intervals, printed
    beside the points of the comparison is their n. A bin without cases has no point."""
    filled = frame[frame["n"] > 0]
    if filled.empty:
        return message(theme, names.text("empty"), HEIGHT)
    colours = palette(theme)
    colour = {
        "comparison": colours.accent,
        "crm": colours.segments["SMB"].actual,
        "stage_default": colours.neutral.actual,
    }
    fig = Sheet(theme, HEIGHT)
    axis = {"range": [-0.02, 1.02], "tickformat": ".0%", "tickvals": [0, 0.2, 0.4, 0.6, 0.8, 1], "showgrid": True}
    fig.set(
        margin={"l": 48, "r": 16, "t": 22, "b": 84, "pad": 2},
        legend={**key(theme), "y": -0.2},
        showlegend=True,
        xaxis={**axis, "title": {"text": names.text("predicted")}},
        yaxis=axis,
    )
    fig.scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        name=names.text("as_predicted"),
        hoverinfo="skip",
        line={"color": colours.muted, "width": 1, "dash": "longdash"},
    )
    for source in [s for s in _FORMS if s in set(filled["source"])][::-1]:
        part = filled[filled["source"] == source].to_dict("records")
        form, dash = _FORMS[source]
        for row in part:
            fig.scatter(
                x=[row["predicted"]] * 2,
                y=[known(row["low"]), known(row["high"])],
                mode="lines",
                hoverinfo="skip",
                showlegend=False,
                line={"color": colour[source], "width": 1.5},
            )
        fig.scatter(
            x=[row["predicted"] for row in part],
            y=[row["value"] for row in part],
            mode="lines+markers",
            cliponaxis=False,  # whole marks at 0 % and 100 %
            hoverinfo="text",
            name=names.text(f"source_{source}"),
            line={"color": colour[source], "width": 1.5, "dash": dash},
            marker={"symbol": form, "size": 10, "color": colour[source], "line": {"width": 2, "color": colour[source]}},
            hovertext=[
                f"{names.text('predicted')} {show.rate(r['predicted'])} → {show.rate(r['value'])} "
                f"({show.interval(r['low'], r['high'], names.lang)})<br>n {show.number(r['n'])}"
                for r in part
            ],
        )
        if source == "comparison":
            for row in part:
                side = -1 if row["value"] >= row["predicted"] else 1  # away from the diagonal: no line runs through it
                fig.note(
                    text=f"n {show.number(row['n'])}",
                    x=row["predicted"],
                    y=row["value"],
                    xshift=8 * side,
                    yshift=-10 * side,
                    xanchor="left" if side > 0 else "right",
                    font={"size": FONT_SIZE - 1, "color": colours.muted},
                )
    fig.note(
        text=names.text("won_share"),
        x=0,
        xref="paper",
        xanchor="left",
        y=1,
        yref="paper",
        yanchor="bottom",
        xshift=-40,
        yshift=4,
        font={"color": colours.muted, "size": FONT_SIZE - 1},
    )
    return fig.figure()
