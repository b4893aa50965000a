"""Wins that may be expected of what is open: by the comparison (with its range) beside what the stages promise."""

from __future__ import annotations

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import Rows, bars, canvas, column, known, whiskers, write
from analytics.charts.sheet import message
from analytics.charts.style import FONT_SIZE, Theme, palette


def stages(frame: pd.DataFrame, names: Names, theme: Theme) -> Figure:
    """Rows of win_comparison.portfolio without the whole; outlined = promised by the stage. A stage in which nothing is
    compared says so; where there are several pipelines, each stage names its own."""
    if frame.empty or not (frame["compared"] > 0).any():
        return message(theme, names.text("empty"))
    colours = palette(theme)
    place, is_several = Rows(len(frame), top=4), frame["pipeline"].nunique() > 1
    fig = canvas(place, theme, right=96)
    reach = max((v for c in ("expected_high", "promised") for v in column(frame, c) if v is not None), default=1) or 1
    fig.set(xaxis={"range": [0, reach * 1.02], "visible": False}, meta={"mark": ["pipeline", "stage"]})
    at, records = [place.bar_at(i) for i in range(place.count)], frame.to_dict("records")
    bars(
        fig,
        column(frame, "promised"),
        at,
        colour=colours.muted,
        width=place.bar,
        name=names.text("stage_promise"),
        keyed=True,
        outlined=colours.muted,
        hover=[_words(r, names) for r in records],
    )
    bars(
        fig,
        column(frame, "expected"),
        at,
        colour=colours.accent,
        width=place.bar - 6,
        name=names.text("source_comparison"),
        keyed=True,
        hover=[_words(r, names) for r in records],
        marks=[[r["pipeline"], r["stage"]] for r in records],
    )
    whiskers(
        fig,
        column(frame, "expected_low"),
        column(frame, "expected_high"),
        at,
        theme,
        name=names.text("interval"),
        keyed=True,
    )
    for i, row in enumerate(records):
        stage = names.stage(row["pipeline"], row["stage"])
        write(fig, f"{names.pipeline(row['pipeline'], 16)} · {stage}" if is_several else stage, 0, place.text_at(i))
        compared = names.text("compared_of", n=show.number(row["compared"]), all=show.number(row["n"]))
        write(fig, compared, 1, place.text_at(i), anchor="right", shift=90, colour=colours.muted, size=FONT_SIZE - 1)
        if known(row["expected"]) is None:
            continue
        text = f"<b>{show.number(row['expected'], digits=1)}</b> / {show.number(known(row['promised']), digits=1)}"
        write(fig, text, 1, at[i], anchor="right", shift=90)
    return fig.figure()


def _words(row: dict[str, object], names: Names) -> str:
    lines = [
        names.stage(str(row["pipeline"]), str(row["stage"])),
        f"{names.text('source_comparison')}: {show.number(known(row['expected']), digits=1)}",
        f"{names.text('stage_promise')}: {show.number(known(row['promised']), digits=1)}",
    ]
    return "<br>".join(lines)
