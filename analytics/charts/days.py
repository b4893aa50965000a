"""How long stages take: the four statistics side by side, and the distribution.

All charts are for ONE pipeline and segment, stages top to bottom in the order given; several are drawn side by side on
the same scales (`extent`). Durations are days; a mean that `in_hours` holds for is drawn in hours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics import format as show
from analytics.cells import records
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import Rows, bars, canvas, column, known, whiskers, write
from analytics.charts.sheet import Sheet, message
from analytics.charts.style import FONT_SIZE, Ink, Theme, ink, palette

STATISTICS = ("mean", "median", "p75", "p90")
_GAP = 0.05
_VALUE_LINE = 17


@dataclass(frozen=True)
class _Panel:
    """One column of the small multiples: one statistic on its own horizontal axis."""

    fig: Sheet
    rows: Rows
    names: Names
    theme: Theme
    colour: Ink
    axis: str
    left: float
    right: float
    widest: float
    hours: bool
    keyed: bool
    #: decimals of all numbers of this column: the same precision from top to bottom
    digits: int

    def at(self) -> list[float]:
        return [self.rows.bar_at(i) for i in range(self.rows.count)]

    def days(self, value: object) -> str:
        return show.days(value, self.names.lang, hours=self.hours)

    def short(self, value: float | None, *, signed: bool = False) -> str:
        """The number without its unit, which stands in the heading."""
        shown = None if value is None else value * 24 if self.hours else value
        return show.number(shown, digits=self.digits, signed=signed)


def statistics(
    frames: Mapping[str, pd.DataFrame],
    names: Names,
    theme: Theme,
    *,
    extent: Mapping[str, float] | None = None,
    comparison: Mapping[str, pd.DataFrame] | None = None,
    standard: Mapping[str, pd.DataFrame] | None = None,
) -> Figure:
    """Mean, median, P75 and P90 of each stage: one column of bars a statistic, each on its own scale (`extent`).

    `frames`: statistic -> rows of `stage_days.*` (stage, n, events, censored, value, low, high, reason); `comparison`
    (the same) and `standard` (stage, target) likewise. A value that is not known is told in words, never drawn as zero.
    """
    first = next(iter(frames.values()))
    if first.empty:
        return message(theme, names.text("empty"))
    widest = extent or scale(frames, comparison)
    rows = Rows(len(first), has_second=comparison is not None, top=22, after=_VALUE_LINE)
    fig = canvas(rows, theme)
    for i, row in enumerate(records(first)):
        write(fig, names.stage(row.get("pipeline"), row["stage"]), 0, rows.text_at(i), bold=True)
        write(
            fig,
            _counts(row, names),
            1,
            rows.text_at(i),
            anchor="right",
            colour=palette(theme).muted,
            size=FONT_SIZE - 1,
        )
    for number, (statistic, frame) in enumerate(frames.items()):
        left, right = _domain(number, len(frames))
        panel = _Panel(
            fig,
            rows,
            names,
            theme,
            ink(theme, _segment(first), names.order),
            _axis(fig, number, left, right, widest[statistic]),
            left,
            right,
            widest[statistic],
            in_hours(frame),
            keyed=statistic == "median" or len(frames) == 1,
            digits=_digits(frame),
        )
        heading = names.text(f"stat_{statistic}", unit=names.text("unit_hours" if panel.hours else "unit_days"))
        write(fig, heading, left, 8, colour=palette(theme).muted, size=FONT_SIZE - 1)
        _panel(
            panel,
            frame,
            _like((comparison or {}).get(statistic), first, "value"),
            _like((standard or {}).get(statistic), first, "target"),
        )
    return fig.figure()


def scale(*sets: Mapping[str, pd.DataFrame] | None) -> dict[str, float]:
    """Statistic -> the largest value or target in all frames: the common length of charts that are compared."""
    found: dict[str, float] = {}
    for frames in sets:
        for statistic, frame in (frames or {}).items():
            values = [*_values(frame), *(column(frame, "target") if "target" in frame else [])]
            found[statistic] = max([found.get(statistic, 0.0), *(v for v in values if v is not None)])
    return {statistic: largest or 1.0 for statistic, largest in found.items()}


def in_hours(frame: pd.DataFrame) -> bool:
    """Did everything last less than a day? Then the mean says more in hours (column hours, known only then)."""
    counted = frame[frame["n"] > 0] if "hours" in frame else frame.iloc[:0]
    return bool(len(counted)) and bool(counted["hours"].notna().all())


def _values(frame: pd.DataFrame) -> list[float | None]:
    """The values in days, to the hour where that is known of all."""
    if in_hours(frame):
        return [None if h is None else h / 24 for h in column(frame, "hours")]
    return column(frame, "value")


def _digits(frame: pd.DataFrame) -> int:
    """Decimals of a whole column: none where all are whole days."""
    whole = all(v.is_integer() for v in _values(frame) if v is not None)
    return 0 if whole and not in_hours(frame) else 1


def _domain(number: int, count: int) -> tuple[float, float]:
    width = (1 - _GAP * (count - 1)) / count
    return number * (width + _GAP), number * (width + _GAP) + width


def _axis(fig: Sheet, number: int, left: float, right: float, widest: float) -> str:
    suffix = "" if number == 0 else str(number + 1)
    fig.set(
        **{
            f"xaxis{suffix}": {
                "domain": [left, right],
                "range": [0, widest * 1.02],
                "visible": False,
                "fixedrange": True,
                "anchor": "y",
            }
        }
    )
    return f"x{suffix}"


def _segment(frame: pd.DataFrame) -> str | None:
    return str(frame["segment"].iloc[0]) if "segment" in frame and len(frame) else None


def _like(other: pd.DataFrame | None, frame: pd.DataFrame, name: str) -> list[float | None]:
    """A column of the other frame in the order of this one's stages."""
    found = {} if other is None or other.empty else dict(zip(other["stage"], other[name], strict=True))
    return [known(found.get(stage)) for stage in frame["stage"]]


def _panel(panel: _Panel, frame: pd.DataFrame, was: Sequence[float | None], target: Sequence[float | None]) -> None:
    names, colours, at = panel.names, palette(panel.theme), panel.at()
    rows = records(frame)
    values = _values(frame)
    bars(panel.fig, [panel.widest] * len(at), at, colour=colours.grid, width=2, name="", axis=panel.axis)
    bars(
        panel.fig,
        values,
        at,
        colour=panel.colour.actual,
        width=panel.rows.bar,
        name=names.text("actual"),
        keyed=panel.keyed,
        axis=panel.axis,
        hover=[_hover(row, value, panel) for row, value in zip(rows, values, strict=True)],
        marks=[[row.get("pipeline"), row.get("segment"), row["stage"], None] for row in rows],
    )
    if any(v is not None for v in was):
        bars(
            panel.fig,
            was,
            [panel.rows.second_at(i) for i in range(len(at))],
            colour=panel.colour.comparison,
            width=7,
            axis=panel.axis,
            name=names.text("comparison"),
            keyed=panel.keyed,
            hover=[f"{names.text('comparison')}: {panel.days(v)}" for v in was],
        )
    if any(v is not None for v in target):
        bars(
            panel.fig,
            target,
            at,
            colour="",
            outlined=colours.text,
            width=panel.rows.bar + 5,
            axis=panel.axis,
            name=names.text("standard"),
            keyed=panel.keyed,
            hover=[f"{names.text('standard')}: {panel.days(v)}" for v in target],
        )
    _intervals(panel, frame, values)
    for i, row in enumerate(rows):
        _print(panel, row, i, values[i], was[i])


def _intervals(panel: _Panel, frame: pd.DataFrame, values: Sequence[float | None]) -> None:
    """95 % limits, cut at the common scale; where the upper limit was not reached the line runs to its end."""
    low = [
        lo if v is not None and lo is not None and lo <= panel.widest else None
        for lo, v in zip(column(frame, "low"), values, strict=True)
    ]
    high = [None if h is None or h > panel.widest else h for h in column(frame, "high")]
    whiskers(
        panel.fig,
        low,
        high,
        panel.at(),
        panel.theme,
        name=panel.names.text("interval"),
        keyed=panel.keyed,
        axis=panel.axis,
        open_end=panel.widest,
    )


def _print(panel: _Panel, row: dict[Any, Any], i: int, value: float | None, was: float | None) -> None:
    """The value under its bar, at the right its difference to the comparison: more days is worse."""
    colours, y = palette(panel.theme), panel.rows.after_at(i)
    if value is None:
        write(panel.fig, panel.names.reason(row.get("reason")), panel.left, y, colour=colours.muted, size=FONT_SIZE - 2)
        return
    write(panel.fig, panel.short(value), panel.left, y, bold=True)
    if was is not None:
        change = value - was
        shade = colours.muted if round(change, 1) == 0 else colours.bad if change > 0 else colours.good
        write(
            panel.fig,
            panel.short(change, signed=True),
            panel.right,
            y,
            anchor="right",
            colour=shade,
            size=FONT_SIZE - 2,
        )


def _counts(row: dict[Any, Any], names: Names) -> str:
    """`n 412 · open 20`: how much the numbers rest on, and how many are not finished."""
    text = f"n {show.number(row.get('n'))}"
    return text + (f" · {names.text('end_open')} {show.number(row['censored'])}" if known(row.get("censored")) else "")


def _hover(row: dict[Any, Any], value: float | None, panel: _Panel) -> str:
    lines = [
        f"<b>{panel.names.stage(row.get('pipeline'), row['stage'])}</b>",
        panel.days(value),
        _counts(row, panel.names),
    ]
    if known(row.get("low")) is not None:
        lines.append(
            f"{panel.names.text('interval')}: {show.interval(row['low'], row.get('high'), panel.names.lang, 'days')}"
        )
    return "<br>".join(lines)


def distribution(frame: pd.DataFrame, names: Names, theme: Theme) -> Figure:
    """How durations spread: columns days_from, days_to (end excluded), n; one column a class, numbers on top."""
    if frame.empty:
        return message(theme, names.text("empty"))
    fig = Sheet(theme, 220)
    fig.set(margin={"l": 8, "r": 8, "t": 20, "b": 40}, bargap=0.08)
    words = [
        f"{show.number(a)}–{show.number(b - 1)}" if b - a > 1 else show.number(a)
        for a, b in zip(column(frame, "days_from"), column(frame, "days_to"), strict=True)
        if a is not None and b is not None
    ]
    fig.bar(
        x=words,
        y=column(frame, "n"),
        marker={"color": ink(theme, _segment(frame), names.order).actual},
        text=[show.number(n) for n in column(frame, "n")],
        textposition="outside",
        cliponaxis=False,
        hoverinfo="skip",
    )
    fig.set(xaxis={"type": "category", "title": names.text("unit_days")})
    fig.set(yaxis={"visible": False})
    return fig.figure()
