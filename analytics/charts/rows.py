"""The row layout of funnel, conversion days and pipeline stock: a line of text above each bar.

Labels stand above their bars and numbers in columns to the right, so that the same picture is readable at 390 and at
1280 pixels. The vertical axis counts pixels from the top, so distances are exact whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics import format as show
from analytics.charts.sheet import Sheet
from analytics.charts.style import FONT_SIZE, Theme, palette, soft

#: what the customdata of a clickable mark holds; the page asks for the opportunities behind it
MARK = ("pipeline", "segment", "stage", "outcome")

PALE = 0.28

#: what is not clicked steps back, but can still be read
_STILL_SEEN = {"marker": {"opacity": 0.6}}

#: a share of fewer cases than this is drawn pale: it must not look as sure as one of hundreds
FEW = 10

BAR = 16
SECOND = 7
_TEXT, _GAP, _FOOT = 21, 4, 10


@dataclass(frozen=True)
class Rows:
    """Vertical places, in pixels below the top of the plot, of `count` rows."""

    count: int
    has_second: bool = False
    top: int = 20
    bar: int = BAR
    #: height of a line of text below the bars
    after: int = 0

    @property
    def pitch(self) -> int:
        """Height of one row."""
        return _TEXT + self.bar + (_GAP + SECOND + 4 if self.has_second else 0) + self.after + _FOOT

    @property
    def height(self) -> int:
        """Height of the plot."""
        return self.top + self.count * self.pitch

    def text_at(self, row: int) -> float:
        """Middle of the line of text."""
        return self.top + row * self.pitch + _TEXT / 2 - 2

    def bar_at(self, row: int) -> float:
        """Middle of the bar."""
        return self.top + row * self.pitch + _TEXT + self.bar / 2

    def second_at(self, row: int) -> float:
        """Middle of the second, thinner bar (the comparison period)."""
        return self.top + row * self.pitch + _TEXT + self.bar + _GAP + SECOND / 2 + 1

    def after_at(self, row: int) -> float:
        """Middle of the line of text below the bars."""
        return self.top + (row + 1) * self.pitch - _FOOT - self.after / 2 + 1


def canvas(
    rows: Rows, theme: Theme, *, left: int = 4, right: int = 8, top: int = 4, bottom: int | None = None
) -> Sheet:
    """A figure whose vertical axis is `rows.height` pixels, counted from the top; below it lies room for the key, or
    `bottom` pixels."""
    fig = Sheet(theme, rows.height + top + (bottom or 0))
    if bottom is None:
        fig.room_for_key()
    fig.set(
        margin={"l": left, "r": right, "t": top, "b": bottom or 0, "pad": 0},
        barmode="overlay",
        bargap=0,
        legend=key(theme),
        showlegend=True,
        meta={"mark": list(MARK)},
    )
    fig.set(yaxis={"range": [rows.height, 0], "visible": False})
    return fig


def key(theme: Theme) -> dict[str, object]:
    """The key to the notation, below the rows; it cannot be clicked away. Narrow screens break it into three lines."""
    return {
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "itemclick": False,
        "itemdoubleclick": False,
        "bgcolor": "rgba(0,0,0,0)",
        "itemwidth": 30,
        "traceorder": "normal",
        "font": {"size": FONT_SIZE - 1, "color": palette(theme).muted},
    }


def write(
    fig: Sheet,
    text: str,
    x: float,
    y: float,
    *,
    xref: str = "paper",
    anchor: str = "left",
    shift: int = 0,
    colour: str | None = None,
    size: int = FONT_SIZE,
    bold: bool = False,
    covers: str | None = None,
) -> None:
    """One piece of text at a height in pixels from the top; `x` on the paper unless `xref` names an axis. `covers`: a
    colour behind it, where lines run through."""
    font = {"size": size, **({"color": colour} if colour else {}), **({"weight": "bold"} if bold else {})}
    fig.note(
        text=text,
        x=x,
        xref=xref,
        xanchor=anchor,
        xshift=shift,
        y=y,
        yref="y",
        yanchor="middle",
        align=anchor,
        font=font,
        **({"bgcolor": covers, "borderpad": 0} if covers else {}),
    )


def bars(
    fig: Sheet,
    ends: Sequence[float | None],
    at: Sequence[float],
    *,
    colour: str,
    width: float | Sequence[float],
    name: str,
    base: Sequence[float | None] | None = None,
    hover: Sequence[str] | None = None,
    marks: Sequence[Sequence[object]] | None = None,
    hatched: bool = False,
    outlined: str | None = None,
    keyed: bool = False,
    axis: str = "x",
    pale: bool | Sequence[bool] = False,
) -> None:
    """Horizontal bars from `base` (0) of length `ends` at heights `at`; None leaves a gap.

    `hatched` = not final, `outlined` = a colour of the frame alone (a standard), `pale` = a second or third part, or
    (bar by bar) too few cases, light with a frame; `marks` is what a click hands back.
    """
    marker: dict[str, object] = {"color": colour, "line": {"width": 0}}
    if pale is True:
        marker = {"color": soft(colour, PALE), "line": {"width": 1, "color": colour}}
    elif pale:
        marker = {"color": [soft(colour, PALE) if is_pale else colour for is_pale in pale],
                  "line": {"width": [1 if is_pale else 0 for is_pale in pale], "color": colour}}
    if hatched:
        marker = {
            "color": "rgba(0,0,0,0)",
            "line": {"width": 1, "color": colour},
            "pattern": {"shape": "/", "fgcolor": colour, "bgcolor": soft(colour, 0.12), "size": 7, "solidity": 0.14},
        }
    if outlined:
        marker = {"color": "rgba(0,0,0,0)", "line": {"width": 1.5, "color": outlined}}
    fig.bar(
        x=list(ends),
        y=list(at),
        base=list(base) if base is not None else None,
        orientation="h",
        width=width,
        marker=marker,
        name=name,
        showlegend=keyed,
        xaxis=axis,
        unselected=_STILL_SEEN,
        hovertext=list(hover) if hover is not None else None,
        hoverinfo="text" if hover is not None else "skip",
        customdata=[list(m) for m in marks] if marks is not None else None,
    )


def whiskers(
    fig: Sheet,
    low: Sequence[float | None],
    high: Sequence[float | None],
    at: Sequence[float],
    theme: Theme,
    *,
    name: str,
    keyed: bool = False,
    axis: str = "x",
    open_end: float | None = None,
) -> None:
    """95 % intervals as thin lines with a halo, so that they show on a dark bar as well as beside it.

    Where only `high` is unknown the line runs to `open_end` without a cap: the upper limit was not reached.
    """
    colours = palette(theme)
    x: list[float | None] = []
    y: list[float | None] = []
    caps_x: list[float] = []
    caps_y: list[float] = []
    for lo, hi, height in zip(low, high, at, strict=True):
        if lo is None or (hi is None and open_end is None):
            continue
        x += [lo, hi if hi is not None else open_end, None]
        y += [height, height, None]
        caps_x += [lo] if hi is None else [lo, hi]
        caps_y += [height] if hi is None else [height, height]
    if not x:
        return
    line = {"mode": "lines", "hoverinfo": "skip", "xaxis": axis, "cliponaxis": False}
    fig.scatter(x=x, y=y, line={"color": colours.background, "width": 4}, showlegend=False, **line)
    fig.scatter(
        x=caps_x,
        y=caps_y,
        mode="markers",
        hoverinfo="skip",
        showlegend=False,
        xaxis=axis,
        cliponaxis=False,
        marker={"symbol": "line-ns", "size": 7, "line": {"width": 1.5, "color": colours.text}},
    )
    fig.scatter(x=x, y=y, line={"color": colours.text, "width": 1.5}, name=name, showlegend=keyed, **line)


def known(value: Any) -> float | None:
    """A cell as a number, None where it is missing (None, NaN, NA): what is unknown is not drawn as zero."""
    return None if value is None or pd.isna(value) else float(value)


def column(frame: pd.DataFrame | None, name: str) -> list[float | None]:
    """A column as numbers with None for what is missing; all None where the frame has no such column."""
    if frame is None:
        return []
    return [known(v) for v in frame[name]] if name in frame else [None] * len(frame)

def largest_n(fig: Sheet, frame: pd.DataFrame, theme: Theme) -> None:
    """Says how high the strip of counts below a line reaches: "n ≤ 412", left of it. Columns read: n."""
    counts = [n for n in column(frame, "n") if n is not None]
    most = show.number(max(counts)) if counts else ""
    fig.note(
        text=f"n ≤{'<br>' if len(most) > 3 else ' '}{most}" if counts else "",  # the margin has room for three digits
        x=0,
        xref="paper",
        xanchor="right",
        y=0,
        yref="paper",
        yanchor="bottom",
        xshift=-6,
        font={"color": palette(theme).muted, "size": FONT_SIZE - 1},
    )
