"""How a whole divides, as bars of 100 %: sales modes per region."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import FEW, Rows, bars, canvas, column, known, write
from analytics.charts.sheet import message
from analytics.charts.style import FONT_SIZE, Theme, ink, over, palette

#: A part smaller than this has no room for its figure.
_ROOM = 0.12


def bars_of_100(frame: pd.DataFrame, names: Names, theme: Theme, *, by: str, part: str, parts: Sequence[str],
                title: Callable[[str], str], segment: str | None = None) -> Figure:
    """One bar a value of `by`, divided among `parts` of column `part` (column value, shares of 1), n on the right.

    The first part is solid, the second lighter, the last one pale. `title`: what a bar is called (escaped by the
    caller); a bar of few cases is thin. Where nothing is known of the amounts, the reason stands instead of a bar.
    Columns read: n, n_all, reason.
    """
    if frame.empty:
        return message(theme, names.text("empty"))
    rows = list(dict.fromkeys(frame[by]))
    place = Rows(len(rows), top=4)
    fig = canvas(place, theme, right=60)
    fig.set(xaxis={"range": [0, 1], "visible": False}, meta={"mark": [by, part]})
    colour, colours = ink(theme, segment, names.order), palette(theme)
    at = [place.bar_at(i) for i in range(place.count)]
    base = [0.0] * len(rows)
    counted = frame.drop_duplicates(by)["n_all"]
    width = [place.bar if n >= FEW else place.bar / 2 for n in counted]
    shades = (colour.actual, colour.comparison, colour.actual)
    for number, name in enumerate(parts):
        of = frame[frame[part] == name].set_index(by).reindex(rows)
        values = column(of, "value")
        said = names.value(part, name)
        bars(fig, values, at, base=base, colour=shades[number],
             width=width, name=said, keyed=True, pale=number == 2,
             hover=[f"{title(r)}<br>{said} {show.rate(v)}<br>n {show.number(n)}"
                    for r, v, n in zip(rows, values, of["n"], strict=True)],
             marks=[[r, name] for r in rows])
        for i, value in enumerate(values):
            if value is not None and value >= _ROOM and width[i] == place.bar:
                write(fig, show.rate(value, digits=0), base[i] + value / 2, at[i], xref="x", anchor="center",
                      colour=over(shades[number], theme) if number < 2 else colours.text, size=FONT_SIZE - 1)
        base = [b + (v or 0.0) for b, v in zip(base, values, strict=True)]
    for i, row in enumerate(frame.drop_duplicates(by).to_dict("records")):
        write(fig, title(row[by]), 0, place.text_at(i))
        write(fig, f"n {show.number(row['n_all'])}", 1, place.text_at(i), anchor="right", shift=54,
              colour=colours.muted, size=FONT_SIZE - 1)
        if known(row["value"]) is None:
            write(fig, names.reason(row["reason"]), 0, at[i], colour=colours.muted, size=FONT_SIZE - 1)
    return fig.figure()
