"""Open amount against what remains of the target, beside the multiple that the own win rate asks for."""

from __future__ import annotations

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import Rows, bars, canvas, column, known, whiskers, write
from analytics.charts.sheet import message
from analytics.charts.style import FONT_SIZE, Theme, ink, label, palette, soft


def rows(frame: pd.DataFrame, names: Names, theme: Theme, *, titles: list[str]) -> Figure:
    """Rows of ask.target_coverage: solid = coverage, pale = with what is past due, outlined = needed, with its
    interval. `titles`: plain texts."""
    if frame.empty:
        return message(theme, names.text("empty"))
    records, colours = frame.to_dict("records"), palette(theme)
    place = Rows(len(records), top=4)
    fig = canvas(place, theme, right=66)
    found = [v for c in ("value", "with_past_due", "needed") for v in column(frame, c) if v is not None]
    reach = max([*found, 1.0])
    fig.set(xaxis={"range": [0, reach * 1.05], "visible": False}, meta={"mark": ["segment", "quarter"]})
    at = [place.bar_at(i) for i in range(place.count)]
    hover = [
        f"{label(t)}<br>{_times(r['value'])} / {_times(r['needed'])}" for t, r in zip(titles, records, strict=True)
    ]
    for i, row in enumerate(records):
        colour = ink(theme, row.get("segment"), names.order).actual
        bars(fig, [known(row["with_past_due"])], [at[i]], colour=soft(colour, 0.35), width=place.bar - 6,
             name=names.text("with_past_due"), keyed=i == 0, hover=[hover[i]])
        bars(
            fig,
            [known(row["value"])],
            [at[i]],
            colour=colour,
            width=place.bar - 6,
            name=names.text("actual"),
            keyed=i == 0,
            hover=[hover[i]],
            marks=[[row.get("segment"), row["quarter"]]],
        )
    bars(
        fig,
        column(frame, "needed"),
        at,
        colour=colours.text,
        width=place.bar,
        name=names.text("needed"),
        keyed=True,
        outlined=colours.muted,
        hover=hover,
    )
    high = [None if v is None else min(v, reach * 1.05) for v in column(frame, "needed_high")]
    whiskers(fig, column(frame, "needed_low"), high, at, theme, name=names.text("interval"), keyed=True)
    for i, (text, row) in enumerate(zip(titles, records, strict=True)):
        write(fig, label(text, 30), 0, place.text_at(i))
        write(
            fig,
            names.text("needed_times", n=show.number(row["n"]), needed=_times(row["needed"]))
            if known(row["needed"]) is not None else f"n {show.number(row['n'])}",
            1,
            place.text_at(i),
            anchor="right",
            shift=60,
            colour=colours.muted,
            size=FONT_SIZE - 1,
        )
        if known(row["value"]) is None:
            write(fig, names.reason(row["reason"]), 0, at[i], colour=colours.muted, size=FONT_SIZE - 1)
        else:
            write(fig, _times(row["value"]), 1, at[i], anchor="right", shift=60, bold=True)
    return fig.figure()


def _times(value: object) -> str:
    return f"{show.number(value, digits=1)}×" if show.is_known(value) else show.UNKNOWN
