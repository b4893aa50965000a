"""The weekly win rates of one opportunity: us and every rival that is compared, if the project goes ahead."""

from __future__ import annotations

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import column, key
from analytics.charts.sheet import Sheet, message
from analytics.charts.style import Theme, label, palette
from analytics.comparison import PHANTOM, US

HEIGHT = 300
#: from so many days on the axis names months instead of days
_LONG_DAYS = 120
_FORMS = ("square-open", "triangle-up-open", "diamond-open", "x-thin-open", "cross-thin-open")


def chart(curves: pd.DataFrame, weeks: pd.DataFrame, names: Names, theme: Theme) -> Figure:
    """`curves`: rows of win_comparison.curves; `weeks`: rows of the mart. We are the solid line; dotted is our overall
    rate g x P, where the necessary conditions are known. A hollow point of ours stands for a week without an assessment
    of its own; a missing week is a gap."""
    if curves.empty:
        return message(theme, names.text("empty"), HEIGHT)
    colours = palette(theme)
    fig = Sheet(theme, HEIGHT)
    is_long = (weeks["week"].max() - weeks["week"].min()).days > _LONG_DAYS
    fig.set(
        margin={"l": 42, "r": 16, "t": 10, "b": 84, "pad": 2},
        legend={**key(theme), "y": -0.14},
        showlegend=True,
        xaxis={"type": "date", "nticks": 5, "tickformat": "%Y-%m" if is_long else "%Y-%m-%d", "tickangle": 0},
        yaxis={"range": [-0.02, 1.02], "tickformat": ".0%", "showgrid": True, "nticks": 5},
    )
    every = pd.date_range(weeks["week"].min(), weeks["week"].max(), freq="7D")
    at = [day.strftime("%Y-%m-%d") for day in every]
    mine = weeks.set_index("week").reindex(every)
    others = [party for party in dict.fromkeys(curves["party"]) if party != US]
    inks = (colours.segments["SMB"], *colours.others)
    for i, party in enumerate(others):
        part = curves[curves["party"] == party].set_index("week").reindex(every)
        colour = colours.neutral.comparison if party == PHANTOM else inks[i % len(inks)].actual
        name = names.text("phantom") if party == PHANTOM else label(party, 22)
        fig.scatter(
            x=at,
            y=column(part, "share"),
            mode="lines+markers",
            name=name,
            connectgaps=False,
            hoverinfo="text",
            line={"color": colour, "width": 1.5, "dash": "dash" if party == PHANTOM else "solid"},
            marker={"symbol": _FORMS[i % len(_FORMS)], "size": 6, "color": colour},
            hovertext=[f"{name} · {day}<br>{show.rate(v)}" for day, v in zip(at, part["share"], strict=True)],
        )
    if mine["g"].notna().any():
        fig.scatter(
            x=at,
            y=column(mine, "p"),
            mode="lines",
            name=names.text("overall"),
            connectgaps=False,
            hoverinfo="text",
            line={"color": colours.accent, "width": 1.5, "dash": "dot"},
            hovertext=[
                f"{names.text('overall')} · {day}<br>{show.rate(v)}" for day, v in zip(at, mine["p"], strict=True)
            ],
        )
    stale = [bool(v) if v == v and v is not None else False for v in mine["is_stale"].tolist()]
    fig.scatter(
        x=at,
        y=column(mine, "p_us"),
        mode="lines+markers",
        name=names.text("us"),
        connectgaps=False,
        hoverinfo="text",
        line={"color": colours.accent, "width": 2.5},
        marker={
            "size": 7,
            "line": {"width": 1.5, "color": colours.accent},
            "color": [colours.background if s else colours.accent for s in stale],
        },
        hovertext=[f"{names.text('us')} · {day}<br>{show.rate(v)}" for day, v in zip(at, mine["p_us"], strict=True)],
    )
    return fig.figure()
