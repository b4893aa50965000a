"""When what was put off is to wake: a column a month, segments side by side; what should have woken is hatched red."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import key, known
from analytics.charts.sheet import Sheet, message
from analytics.charts.style import HATCH, Theme, ink, label, palette

_HEIGHT = 240
#: a part of a column lower than this part of the highest column has no room for its number (the table has it)
_ROOM = 0.08


def wakeups(frame: pd.DataFrame, names: Names, theme: Theme) -> Figure:
    """Columns read: wakes (first day of the month; missing = no day), segment, is_due, n, amount."""
    if frame.empty:
        return message(theme, names.text("empty"))
    colours = palette(theme)
    frame = frame.assign(month=[_month(v, names) for v in frame["wakes"]])
    fig = Sheet(theme, _HEIGHT)
    fig.set(
        margin={"l": 8, "r": 8, "t": 22, "b": 62},
        barmode="stack",
        legend=key(theme) | {"y": -0.16},
        showlegend=True,
        meta={"mark": []},
    )
    fig.set(
        xaxis={
            "type": "category",
            "categoryarray": _months(frame),
            "categoryorder": "array",
            "tickangle": 0,
            "nticks": 8,
        }
    )
    fig.set(yaxis={"visible": False})
    highest = frame.groupby("month")["n"].sum().max()
    segments = [s for s in [*names.order, None] if s in set(frame["segment"]) or s is None]
    for is_due in (True, False):
        for segment in segments:
            rows = frame[
                (frame["is_due"] == is_due)
                & (frame["segment"].isna() if segment is None else frame["segment"] == segment)
            ]
            if rows.empty:
                continue
            rows = rows.groupby("month", sort=False)[["n", "amount"]].sum(min_count=1).reset_index()
            colour = colours.bad if is_due else ink(theme, segment, names.order).actual
            marker: dict[str, Any] = {"color": colour, "line": {"width": 0}}
            if is_due:
                marker["pattern"] = {"shape": HATCH, "fgcolor": colours.background, "size": 5, "solidity": 0.3}
            named = names.segment(segment)
            fig.bar(
                x=rows["month"].tolist(),
                y=rows["n"].tolist(),
                marker=marker,
                name=f"{named}: {names.text('attention_due')}" if is_due else named,
                text=[show.number(n) if n >= _ROOM * highest else "" for n in rows["n"]],
                textposition="inside",
                insidetextanchor="middle",
                constraintext="none",
                textangle=0,
                hoverinfo="text",
                hovertext=[
                    names.text(
                        "attention_wakes",
                        segment=named,
                        month=r["month"],
                        n=show.number(r["n"]),
                        amount=show.amount(known(r["amount"]), names.lang),
                    )
                    for r in rows.to_dict("records")
                ],
            )
    return fig.figure()


def _month(day: Any, names: Names) -> str:
    return label(names.text("attention_no_day") if pd.isna(day) else f"{day:%Y-%m}")


def _months(frame: pd.DataFrame) -> list[str]:
    """Every month from the first to the last, so that a gap is seen as one; what has no day comes last."""
    days = frame["wakes"].dropna()
    between = pd.date_range(days.min(), days.max(), freq="MS") if len(days) else []
    none = [m for m, day in zip(frame["month"], frame["wakes"], strict=True) if pd.isna(day)][:1]
    return [f"{day:%Y-%m}" for day in between] + none
