"""Why a win rate changed: the part of each group, split into its own rate and its weight in the whole (mix)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import Rows, bars, canvas, column, known, write
from analytics.charts.sheet import message
from analytics.charts.style import FONT_SIZE, Theme, palette


def effects(
    frame: pd.DataFrame, names: Names, theme: Theme, *, by: str, title: Callable[[str], str], most: int = 12
) -> Figure:
    """Rows of decomposition.split: thick bar = by the rate within the group, thin pale bar = by its weight (mix).

    Both run from the same zero, in points of the whole; green lifts and red lowers it. The total comes first. Of many
    groups the `most` with the largest part are drawn, all are in the table.
    """
    known_rows = frame[frame["rate_effect"].notna()]
    if known_rows.empty:
        return message(theme, names.text("empty"))
    total, parts = known_rows[known_rows["is_total"]], known_rows[~known_rows["is_total"]]
    size = parts["contribution"].abs().sort_values(ascending=False, kind="stable").index[:most]
    drawn = pd.concat([total, parts.loc[[i for i in parts.index if i in set(size)]]])
    colours = palette(theme)
    place = Rows(len(drawn), has_second=True, top=4)
    fig = canvas(place, theme, right=124)
    reach = (
        max((abs(v) for c in ("rate_effect", "mix") for v in column(drawn, c) if v is not None), default=0.01) or 0.01
    )
    fig.set(xaxis={"range": [-reach * 1.04, reach * 1.04], "visible": False}, meta={"mark": [by]})
    fig.shape(
        type="line", x0=0, x1=0, xref="x", y0=0, y1=place.height, yref="y", line={"color": colours.muted, "width": 1}
    )
    at, second = [place.bar_at(i) for i in range(place.count)], [place.second_at(i) for i in range(place.count)]
    records = drawn.to_dict("records")
    for sign, colour in ((1, colours.good), (-1, colours.bad)):
        for name, heights, width, pale in (("rate_effect", at, place.bar, False), ("mix", second, 7, True)):
            values = [v if v is not None and v * sign > 0 else None for v in column(drawn, name)]
            bars(
                fig,
                values,
                heights,
                colour=colour,
                width=width,
                name="",
                pale=pale,
                hover=[_words(r, by, title, names) for r in records],
                marks=[[None if r["is_total"] else r[by]] for r in records],
            )
    for pale, word in ((False, "by_rate"), (True, "by_mix")):
        bars(
            fig, [None], [0], colour=colours.neutral.actual, width=7, name=names.text(word), keyed=True, pale=pale
        )
    for i, row in enumerate(records):
        text = names.text("whole") if row["is_total"] else title(row[by])
        write(fig, text, 0, place.text_at(i), bold=bool(row["is_total"]))
        change = f"{show.rate(row['rate_before'])} → {show.rate(row['rate'])}"
        write(fig, change, 1, place.text_at(i), anchor="right", shift=118, colour=colours.muted, size=FONT_SIZE - 1)
        write(
            fig,
            f"{names.text('by_rate_short')} {show.points(row['rate_effect'], names.lang)}",
            1,
            at[i],
            anchor="right",
            shift=118,
            bold=bool(row["is_total"]),
            size=FONT_SIZE - 1,
        )
        write(
            fig,
            f"{names.text('by_mix_short')} {show.points(row['mix'], names.lang)}",
            1,
            second[i] + 3,
            anchor="right",
            shift=118,
            bold=bool(row["is_total"]),
            size=FONT_SIZE - 1,
        )
    return fig.figure()


def _words(row: dict[Any, Any], by: str, title: Callable[[str], str], names: Names) -> str:
    name = names.text("whole") if row["is_total"] else title(row[by])
    share = f"{show.rate(row['share_before'])} → {show.rate(row['share'])}"
    lines = [
        name,
        names.text("share_of_closed", share=share),
        f"{names.text('by_rate')}: {show.points(known(row['rate_effect']), names.lang)}",
        f"{names.text('by_mix')}: {show.points(known(row['mix']), names.lang)}",
    ]
    return "<br>".join(lines)
