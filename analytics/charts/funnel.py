"""The funnel of one pipeline and segment: what share goes on from each stage, and what became of those who entered.

Both charts take the rows of `conversion.*` (columns stage, next_stage, n, reached, lost, open, value, low, high, and
for amounts amount_n, amount_value), top to bottom in the order given, for ONE pipeline and segment: several are drawn
side by side on the same scale. A comparison period and standards are joined by stage.
"""

from __future__ import annotations

from typing import Literal

import pandas as pd

from analytics import format as show
from analytics.cells import records
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import Rows, bars, canvas, column, known, whiskers, write
from analytics.charts.sheet import Sheet, message
from analytics.charts.style import FONT_SIZE, Theme, ink, palette

By = Literal["count", "amount"]
_NEXT, _CUMULATIVE = 64, 122
#: a comparison from which nobody went on yet and more than this share is still open is too young to compare with
MANY_OPEN = 0.5


def rates(
    frame: pd.DataFrame,
    names: Names,
    theme: Theme,
    *,
    by: By = "count",
    comparison: pd.DataFrame | None = None,
    standard: pd.DataFrame | None = None,
    extent: float = 1.0,
) -> Figure:
    """Share that goes on to the next stage, one bar a stage, 0 to 100 % (`extent` is more where ratios exceed it).

    Solid = went on, hatched = still open (too early to say), the rest of the track = lost; whisker = 95 % interval;
    thin lighter bar = comparison period; outlined frame = standard (columns stage, target). The columns to the right
    print the share, its difference to the comparison in percentage points, and the cumulative share.
    """
    if frame.empty:
        return message(theme, names.text("empty"))
    was = _by_stage(comparable(comparison), frame, _value_column(by))
    target = _by_stage(standard, frame, "target")
    rows = Rows(len(frame), has_second=comparison is not None, top=18)
    fig = canvas(rows, theme, right=(_CUMULATIVE if _has_cumulative(frame, by) else _NEXT) + 8)
    fig.set(xaxis={"range": [0, extent], "visible": False})
    if _is_known(frame, "lost"):  # a ratio of stocks has no losses and no whole
        _tracks(fig, rows, theme)
    _actual(fig, frame, rows, names, theme, by)
    if any(v is not None for v in was):
        segment = _segment(frame)
        bars(
            fig,
            was,
            [rows.second_at(i) for i in range(rows.count)],
            colour=ink(theme, segment, names.order).comparison,
            width=7,
            name=names.text("comparison"),
            keyed=True,
            hover=[f"{names.text('comparison')}: {show.share_or_times(v)}" for v in was],
        )
    if any(v is not None for v in target):
        bars(
            fig,
            target,
            [rows.bar_at(i) for i in range(rows.count)],
            colour="",
            outlined=palette(theme).text,
            width=rows.bar + 5,
            name=names.text("standard"),
            keyed=True,
        )
    low, high = ("low", "high") if by == "count" else ("amount_low", "amount_high")
    whiskers(
        fig,
        column(frame, low),
        column(frame, high),
        [rows.bar_at(i) for i in range(rows.count)],
        theme,
        name=names.text("interval"),
        keyed=True,
    )
    _print(fig, frame, was, rows, names, theme, by)
    return fig.figure()


def comparable(rows: pd.DataFrame | None) -> pd.DataFrame | None:
    """The rows of a comparison that say something: somebody entered, and not so many are still open that none of those
    who entered went on yet. A difference to the others would be one to nothing."""
    if rows is None or "n" not in rows:
        return rows
    is_empty = rows["n"].fillna(0) == 0
    if {"reached", "open"} <= set(rows.columns):
        still = (rows["open"] / rows["n"].where(rows["n"] > 0)).fillna(0)
        is_empty |= (rows["reached"] == 0) & (still > MANY_OPEN)
    return rows[~is_empty]


def _is_known(frame: pd.DataFrame, name: str) -> bool:
    return any(v is not None for v in column(frame, name))


def _has_cumulative(frame: pd.DataFrame, by: By) -> bool:
    return by == "count" and _is_known(frame, "cumulative")


def _value_column(by: By) -> str:
    return "value" if by == "count" else "amount_value"


def _segment(frame: pd.DataFrame) -> str | None:
    return str(frame["segment"].iloc[0]) if "segment" in frame else None


def _by_stage(other: pd.DataFrame | None, frame: pd.DataFrame, name: str) -> list[float | None]:
    """The other frame's values in the order of this one's stages; None where it has no such stage."""
    if other is None or name not in other:
        return [None] * len(frame)
    found = dict(zip(other["stage"], other[name], strict=True))
    return [known(found.get(stage)) for stage in frame["stage"]]


def _tracks(fig: Sheet, rows: Rows, theme: Theme) -> None:
    """The 100 % behind every bar: what is neither solid nor hatched was lost."""
    bars(
        fig,
        [1.0] * rows.count,
        [rows.bar_at(i) for i in range(rows.count)],
        colour=palette(theme).grid,
        width=rows.bar,
        name="",
    )


def _actual(fig: Sheet, frame: pd.DataFrame, rows: Rows, names: Names, theme: Theme, by: By) -> None:
    at = [rows.bar_at(i) for i in range(rows.count)]
    colour = ink(theme, _segment(frame), names.order)
    values = column(frame, _value_column(by))
    hover = [_hover(row, names) for row in records(frame)]
    bars(
        fig,
        values,
        at,
        colour=colour.actual,
        width=rows.bar,
        name=names.text("went_on" if _is_known(frame, "lost") else "actual"),
        keyed=True,
        hover=hover,
        marks=_marks(frame, "reached"),
    )
    if by == "count" and _is_known(frame, "open"):
        shares = [
            o / n if o is not None and n else None
            for o, n in zip(column(frame, "open"), column(frame, "n"), strict=True)
        ]
        bars(
            fig,
            shares,
            at,
            base=values,
            colour=colour.comparison,
            width=rows.bar,
            name=names.text("too_early"),
            keyed=True,
            hatched=True,
            hover=hover,
            marks=_marks(frame, "open"),
        )


def _marks(frame: pd.DataFrame, outcome: str) -> list[list[object]]:
    """What a click on a bar hands back: pipeline, segment, stage, outcome."""
    return [[row.get("pipeline"), row.get("segment"), row["stage"], outcome] for row in records(frame)]


def _hover(row: dict[str, object], names: Names) -> str:
    pipeline = row.get("pipeline")
    lines = [f"<b>{names.stage(pipeline, row['stage'])} → {names.stage(pipeline, row.get('next_stage'))}</b>"]  # type: ignore[arg-type]
    for key in ("n", "reached", "open", "lost", "regressed"):
        if known(row.get(key)) is not None:
            lines.append(f"{names.text('col_' + key)}: {show.number(row[key])}")
    if known(row.get("low")) is not None:
        lines.append(f"{names.text('interval')}: {show.interval(row['low'], row['high'], names.lang)}")
    return "<br>".join(lines)


def _print(
    fig: Sheet, frame: pd.DataFrame, was: list[float | None], rows: Rows, names: Names, theme: Theme, by: By
) -> None:
    """The numbers: stage and n above the bar, share and cumulative share to the right, the difference under them."""
    colours = palette(theme)
    small = FONT_SIZE - 1
    write(fig, names.text("next_step"), 1, 6, anchor="right", shift=_NEXT, colour=colours.muted, size=small)
    has_cumulative = _has_cumulative(frame, by)
    if has_cumulative:
        write(fig, names.text("cumulative"), 1, 6, anchor="right", shift=_CUMULATIVE, colour=colours.muted, size=small)
    values = column(frame, _value_column(by))
    cumulative = column(frame, "cumulative")
    for i, row in enumerate(records(frame)):
        write(fig, names.stage(row.get("pipeline"), row["stage"]), 0, rows.text_at(i))
        write(fig, _n(row, names, by), 1, rows.text_at(i), anchor="right", colour=colours.muted, size=small)
        if values[i] is None:
            write(fig, names.reason(row.get("reason")), 0, rows.bar_at(i), shift=6, colour=colours.muted, size=small)
        share = show.share_or_times(values[i])
        write(fig, share, 1, rows.bar_at(i), anchor="right", shift=_NEXT, bold=True, size=FONT_SIZE + 1)
        if has_cumulative:
            write(fig, show.rate(cumulative[i]), 1, rows.bar_at(i), anchor="right", shift=_CUMULATIVE)
        if values[i] is not None and was[i] is not None:
            change = values[i] - was[i]  # type: ignore[operator]
            write(
                fig,
                _difference(values[i], was[i], names),  # type: ignore[arg-type]
                1,
                rows.second_at(i),
                anchor="right",
                shift=_NEXT,
                size=small,
                colour=colours.muted if round(change, 3) == 0 else colours.good if change > 0 else colours.bad,
            )


def _difference(now: float, was: float, names: Names) -> str:
    """In percentage points; where one of the two is said in times, in per cent of what it was."""
    if show.is_times(max(now, was)):
        return show.change(now, was, names.lang)
    return names.text("points", n=show.number((now - was) * 100, digits=1, signed=True))


def _n(row: dict[str, object], names: Names, by: By) -> str:
    if by == "count":
        return f"n {show.number(row.get('n'))}"
    return show.amount(row.get("amount_n"), names.lang)


def outcomes(frame: pd.DataFrame, names: Names, theme: Theme, *, extent: float | None = None) -> Figure:
    """What became of those who entered each stage: went on | still open | lost, in numbers of opportunities.

    `extent` is the number that fills the width (default: the largest n here); charts side by side share it.
    """
    if frame.empty:
        return message(theme, names.text("empty"))
    rows = Rows(len(frame), top=6)
    fig = canvas(rows, theme, right=8, bottom=28)
    entered = column(frame, "n")
    fig.set(xaxis={"range": [0, (extent or max((n for n in entered if n), default=1)) * 1.02], "visible": False})
    colour, colours = ink(theme, _segment(frame), names.order), palette(theme)
    hover = [_hover(row, names) for row in records(frame)]
    base: list[float | None] = [0.0] * rows.count
    for key, fill, hatched in (
        ("reached", colour.actual, False),
        ("open", colour.comparison, True),
        ("lost", colours.neutral.comparison, False),
    ):
        widths = column(frame, key)
        bars(
            fig,
            widths,
            [rows.bar_at(i) for i in range(rows.count)],
            base=base,
            colour=fill,
            width=rows.bar,
            name=names.text("col_" + key),
            keyed=True,
            hatched=hatched,
            hover=hover,
            marks=_marks(frame, key),
        )
        base = [b + (w or 0) if b is not None else None for b, w in zip(base, widths, strict=True)]
    for i, row in enumerate(records(frame)):
        write(fig, names.stage(row.get("pipeline"), row["stage"]), 0, rows.text_at(i))
        write(fig, _split(row, names), 1, rows.text_at(i), anchor="right", colour=colours.muted, size=FONT_SIZE - 1)
    return fig.figure()


def _split(row: dict[str, object], names: Names) -> str:
    """`n 120 · lost 30`: the two numbers that the question is about."""
    return f"n {show.number(row.get('n'))} · {names.text('col_lost')} {show.number(row.get('lost'))}"
