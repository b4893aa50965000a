"""How long the open ones have been in their stage: one stacked bar a stage, and which stages hold which grades."""

from __future__ import annotations

from math import sqrt

import pandas as pd

from analytics import format as show
from analytics.ageing import BUCKETS
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import Rows, bars, canvas, key, known, write
from analytics.charts.sheet import Sheet, message
from analytics.charts.style import FONT_SIZE, Theme, ink, label, palette, soft


def stages(
    frame: pd.DataFrame, names: Names, theme: Theme, *, segment: str | None = None, extent: float | None = None
) -> Figure:
    """Rows of ageing.ageing of one pipeline and group: the number of open ones per bucket, left to right from fast to
    stuck; hatched: paused or unknown. A click on slow or stuck asks for those beyond that limit."""
    rows = frame[frame["n"] > 0].to_dict("records")
    if not rows:
        return message(theme, names.text("empty"))
    colours, colour = palette(theme), ink(theme, segment, names.order)
    place = Rows(len(rows), top=4)
    fig = canvas(place, theme, right=66)
    widest = extent or max(r["n"] for r in rows)
    fig.set(
        xaxis={"range": [0, widest], "visible": False},
        meta={"mark": ["pipeline", "segment", "stage", "outcome", "longer"]},
    )
    shades = {
        "fast": colour.comparison,
        "usual": colour.actual,
        "slow": soft(colours.bad, 0.55),
        "stuck": colours.bad,
        "paused": colours.muted,
        "unknown": colours.muted,
    }
    at = [place.bar_at(i) for i in range(place.count)]
    base = [0.0] * len(rows)
    for bucket in BUCKETS:
        sizes = [float(r[bucket]) for r in rows]
        if not any(sizes):
            continue
        name = names.text(f"ageing_{bucket}")
        limits = [known(r["p90" if bucket == "stuck" else "p75"]) for r in rows]
        marks = [
            [
                r["pipeline"],
                r.get("segment"),
                r["stage"],
                "paused"
                if bucket == "paused"
                else "slow"
                if bucket in ("slow", "stuck") and limit is not None
                else "n",
                int(limit) if bucket in ("slow", "stuck") and limit is not None else None,
            ]
            for r, limit in zip(rows, limits, strict=True)
        ]
        hover = [f"{names.stage(r['pipeline'], r['stage'])}<br>{name}: {show.number(r[bucket])}" for r in rows]
        bars(
            fig,
            sizes,
            at,
            base=list(base),
            colour=shades[bucket],
            width=place.bar,
            name=name,
            keyed=True,
            hover=hover,
            marks=marks,
            hatched=bucket in ("paused", "unknown"),
        )
        base = [b + s for b, s in zip(base, sizes, strict=True)]
    for i, row in enumerate(rows):
        write(fig, names.stage(row["pipeline"], row["stage"]), 0, place.text_at(i))
        pace = names.text("ageing_pace", days=show.days(known(row["p75"]), names.lang, digits=0),
                          value=show.rate(known(row["value"]), digits=0),
                          steady=show.rate(known(row["steady"]), digits=0))
        if known(row["p75"]) is not None:  # nobody has left this stage often enough
            write(fig, pace, 1, place.text_at(i), anchor="right", shift=60, colour=colours.muted, size=FONT_SIZE - 1)
        write(fig, show.number(row["n"]), 1, at[i], anchor="right", shift=60, bold=True)
    return fig.figure()


def grades(frame: pd.DataFrame, names: Names, theme: Theme, *, segment: str | None = None) -> Figure:
    """Rows of pipeline.open by stage and grade (columns pipeline, stage, grade, n, amount): a square per cell, its area
    the amount (or the number where no amount is known), the number beside it."""
    rows = [r for r in frame.to_dict("records") if r["n"] > 0]
    if not rows:
        return message(theme, names.text("empty"))
    stages_ = list(dict.fromkeys(zip(frame["pipeline"], frame["stage"], strict=True)))
    columns = sorted({r["grade"] for r in rows}, key=lambda g: ("SABC".find(g) if g in "SABC" else 9, g))
    measure = "amount" if any(known(r["amount"]) for r in rows) else "n"
    largest = max(known(r[measure]) or 0 for r in rows) or 1
    colour, colours = ink(theme, segment, names.order), palette(theme)
    place = Rows(len(stages_), top=26, bar=26)
    fig = canvas(place, theme, right=8, bottom=8)
    fig.set(
        xaxis={"range": [-0.5, len(columns) - 0.3], "visible": False},
        showlegend=False,
        meta={"mark": ["pipeline", "segment", "stage", "grade"]},
        legend=key(theme),
    )
    at = {stage: place.bar_at(i) for i, stage in enumerate(stages_)}
    _squares(fig, rows, columns, at, measure, largest, colour.actual, names)
    for i, grade in enumerate(columns):
        write(fig, names.value("grade", grade), i, 10, xref="x", anchor="center", bold=True)
    for i, (pipeline, stage) in enumerate(stages_):
        write(fig, names.stage(pipeline, stage), 0, place.text_at(i), colour=colours.muted)
    return fig.figure()


def _squares(
    fig: Sheet,
    rows: list[dict[str, object]],
    columns: list[str],
    at: dict[tuple[object, object], float],
    measure: str,
    largest: float,
    colour: str,
    names: Names,
) -> None:
    sizes = [max(3.0, 24 * sqrt((known(r[measure]) or 0) / largest)) for r in rows]
    hover = [
        f"{names.stage(str(r['pipeline']), str(r['stage']))} · {label(r['grade'])}<br>n {show.number(r['n'])} · "
        f"{show.amount(known(r['amount']), names.lang)}"
        for r in rows
    ]
    fig.scatter(
        x=[columns.index(str(r["grade"])) for r in rows],
        y=[at[r["pipeline"], r["stage"]] for r in rows],
        mode="markers+text",
        marker={"symbol": "square", "size": sizes, "color": colour},
        text=[f"   {show.number(r['n'])}" for r in rows],
        textposition="middle right",
        textfont={"size": FONT_SIZE - 1},
        hovertext=hover,
        hoverinfo="text",
        cliponaxis=False,
        customdata=[[r["pipeline"], r.get("segment"), r["stage"], r["grade"]] for r in rows],
    )
