"""One opportunity's story on one time axis: stages, amount, the close dates that were promised, and activities.

The lanes stand below each other and count pixels from the top; a lane that has no data is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from analytics import format as show
from analytics.charts import timeline_lanes
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import known
from analytics.charts.sheet import Sheet, message
from analytics.charts.style import FONT_SIZE, Ink, Theme, ink, label, palette

#: kinds of stages in which a story ends
CLOSING = ("won", "lost", "no_decision", "void")
#: amounts are written where this part of the time axis lies between them
_APART = 0.16
_STAGE, _AMOUNT, _PROMISE, _TICKS, _HEAD = 32, 74, 16, 26, 22


@dataclass(frozen=True)
class Story:
    """What is known of one opportunity.

    visits: pipeline, stage, stage_order, entered_on, exited_on (missing = still there), exit_kind.
    amounts: changed_on, amount (from then on), oldest first. promises: changed_on, expected_close_on, oldest first.
    activities: occurred_on, kind. shares, people, answers, requests: as in analytics/charts/timeline_lanes.py.
    """

    visits: pd.DataFrame
    as_of: date
    amounts: pd.DataFrame | None = None
    promises: pd.DataFrame | None = None
    activities: pd.DataFrame | None = None
    shares: pd.DataFrame | None = None
    people: pd.DataFrame | None = None
    answers: pd.DataFrame | None = None
    requests: pd.DataFrame | None = None
    segment: str | None = None

    @property
    def until(self) -> date:
        """The day up to which lines are drawn: that of the closing where it is closed, else the as-of date."""
        last = self.visits.to_dict("records")[-1]
        is_closed = str(last.get("stage_kind") or "") in CLOSING and _day(last["exited_on"]) is None
        return (_day(last["entered_on"]) or self.as_of) if is_closed else self.as_of


def story(told: Story, names: Names, theme: Theme) -> Figure:
    """The chart of one opportunity; what lasts is hatched up to the as-of date, a move back is red and says so."""
    if told.visits.empty:
        return message(theme, names.text("empty"))
    stages = list(dict.fromkeys(told.visits.sort_values("stage_order", kind="stable")["stage"]))
    lanes = Lanes(Sheet(theme, 0), names, theme, ink(theme, told.segment, names.order), told)
    top = lanes.stages(stages, 0)
    top = lanes.amount(top) if _has(told.amounts) else top
    top = lanes.promises(top) if _has(told.promises) else top
    top = lanes.activities(top) if _has(told.activities) else top
    for name in ("shares", "people", "answers", "requests"):
        frame = getattr(told, name)
        if frame is not None and len(frame):
            top = getattr(timeline_lanes, name)(lanes, frame, top)
    return lanes.finished(top)


def _has(frame: pd.DataFrame | None) -> bool:
    return frame is not None and not frame.empty


def _day(value: Any) -> date | None:
    return None if value is None or pd.isna(value) else pd.Timestamp(value).date()


@dataclass
class Lanes:
    """The figure as it grows: each lane writes below the one before and says where the next begins."""

    fig: Sheet
    names: Names
    theme: Theme
    colour: Ink
    told: Story

    def __post_init__(self) -> None:
        self.ends: list[date] = [self.told.until]

    def write(
        self,
        text: str,
        x: Any,
        y: float,
        *,
        anchor: str = "left",
        colour: str | None = None,
        bold: bool = False,
        size: int = FONT_SIZE - 1,
        paper: bool = False,
        shift: int = 0,
    ) -> None:
        self.fig.note(
            text=text,
            x=x,
            xref="paper" if paper else "x",
            xanchor=anchor,
            y=y,
            yref="y",
            yanchor="middle",
            xshift=shift,
            align=anchor,
            bgcolor=palette(self.theme).background if paper and anchor == "right" else None,  # above lines of the axis
            borderpad=0,
            font={"size": size, **({"color": colour} if colour else {}), **({"weight": "bold"} if bold else {})},
        )

    def heading(self, key: str, top: float) -> None:
        self.write(self.names.text(key), 0, top + 10, colour=palette(self.theme).muted, paper=True)

    def stages(self, stages: Sequence[str], top: float) -> float:
        """One row a stage; its name stands above its first visit, at the right edge where there is no room."""
        visits = self.told.visits.to_dict("records")
        first = min(d for row in visits if (d := _day(row["entered_on"])))
        self.ends.append(first)
        middle = first + (self.told.until - first) / 2
        for number, stage in enumerate(stages):
            mine = [row for row in visits if row["stage"] == stage]
            y = top + number * _STAGE
            begins = _day(mine[0]["entered_on"]) or first
            late, is_closing = begins > middle, self._is_closing(mine[0])
            ends = begins if is_closing else _day(mine[-1]["exited_on"]) or self.told.as_of
            self.write(
                self.names.stage(mine[0].get("pipeline"), stage) + self._spent(mine),
                ends if late else begins,
                y + (22 if is_closing else 9),  # beside its mark, or above its bar
                anchor="right" if late else "left",
                shift=(-10 if late else 10) if is_closing else 0,
            )
            for row in mine:
                self._visit(row, y + 22)
        return top + len(stages) * _STAGE + 6

    def _spent(self, visits: Sequence[dict[Any, Any]]) -> str:
        if (
            str(visits[-1].get("exit_kind") or "") == ""
            and _day(visits[-1]["exited_on"]) is None
            and self._is_closing(visits[0])
        ):
            return ""
        days = sum(
            ((_day(r["exited_on"]) or self.told.as_of) - (_day(r["entered_on"]) or self.told.as_of)).days
            for r in visits
        )
        back = " ◂ " + self.names.text("flow_regress") if any(r.get("exit_kind") == "regress" for r in visits) else ""
        return f"  {show.days(days, self.names.lang)}{back}"

    def _is_closing(self, row: dict[Any, Any]) -> bool:
        return str(row.get("stage_kind") or "open") in CLOSING

    def _visit(self, row: dict[Any, Any], y: float) -> None:
        begin, end = _day(row["entered_on"]), _day(row["exited_on"])
        if begin is None:
            return
        colours = palette(self.theme)
        if self._is_closing(row):
            good = row.get("stage_kind") == "won"
            self.fig.scatter(
                x=[begin],
                y=[y],
                mode="markers",
                showlegend=False,
                cliponaxis=False,
                hoverinfo="text",
                hovertext=f"{self.names.stage(row.get('pipeline'), row['stage'])} · {show.day(begin, self.names.lang)}",
                marker={"size": 12, "symbol": "star" if good else "x", "color": colours.good if good else colours.bad},
            )
            return
        is_open, is_back = end is None, row.get("exit_kind") == "regress"
        last = end or self.told.as_of
        look: dict[str, Any] = {"color": self.colour.actual, "line": {"width": 0}}
        if is_open:
            look = {
                "color": "rgba(0,0,0,0)",
                "line": {"width": 1, "color": self.colour.actual},
                "pattern": {"shape": "/", "fgcolor": self.colour.actual, "bgcolor": "rgba(0,0,0,0)", "size": 5},
            }
        width = max((last - begin).days, 1) * 86_400_000
        self.fig.bar(
            x=[width],
            base=[begin],
            y=[y],
            orientation="h",
            width=9,
            marker=look,
            showlegend=False,
            hoverinfo="text",
            hovertext=self._words(row, begin, end),
        )
        if is_back:
            self.fig.scatter(
                x=[last],
                y=[y],
                mode="markers",
                hoverinfo="skip",
                showlegend=False,
                marker={"symbol": "triangle-left", "size": 11, "color": colours.bad},
            )

    def _words(self, row: dict[Any, Any], begin: date, end: date | None) -> str:
        lang = self.names.lang
        text = (
            f"{self.names.stage(row.get('pipeline'), row['stage'])}<br>{show.day(begin, lang)} – {show.day(end, lang)}"
        )
        return text + (
            f"<br>{self.names.value('exit_kind', row['exit_kind'])}" if isinstance(row.get("exit_kind"), str) else ""
        )

    def amount(self, top: float) -> float:
        """A step line; each new amount is written where it begins."""
        self.heading("amount", top)
        frame = self.told.amounts
        assert frame is not None
        rows = [
            (d, v)
            for r in frame.to_dict("records")
            if (d := _day(r["changed_on"])) and (v := known(r["amount"])) is not None
        ]
        if not rows:
            return top
        highest = max(v for _, v in rows) or 1

        def place(value: float) -> float:
            return top + _AMOUNT - 8 - value / highest * (_AMOUNT - 46)

        points = [*rows, (max(self.told.until, rows[-1][0]), rows[-1][1])]
        self.fig.scatter(
            x=[d for d, _ in points],
            y=[place(v) for _, v in points],
            mode="lines",
            showlegend=False,
            line={"shape": "hv", "width": 2, "color": palette(self.theme).text},
            hoverinfo="text",
            hovertext=[f"{show.day(d, self.names.lang)} · {show.amount(v, self.names.lang)}" for d, v in points],
        )
        for day, value in self._written(rows):
            self.write(show.amount(value, self.names.lang), day, place(value) - 9)
        self.ends.append(rows[0][0])
        return top + _AMOUNT

    def _written(self, rows: Sequence[tuple[date, float]]) -> list[tuple[date, float]]:
        """Which amounts are written: the last, the first, the largest, as far as there is room between them."""
        room = (self.told.until - rows[0][0]) * _APART
        found: list[tuple[date, float]] = []
        for row in dict.fromkeys((rows[-1], rows[0], max(rows, key=lambda r: r[1]))):
            if all(abs(row[0] - other[0]) >= room for other in found):
                found.append(row)
        return found

    def promises(self, top: float) -> float:
        """Each promised close date on its own line, from the day it was said; later is red, earlier green."""
        self.heading("expected_close", top)
        frame = self.told.promises
        assert frame is not None
        colours, before = palette(self.theme), None
        y = top + _HEAD + 6
        for row in frame.to_dict("records"):
            said, expected = _day(row["changed_on"]), _day(row["expected_close_on"])
            if said is None or expected is None:
                continue
            moved = 0 if before is None else (expected - before).days
            shade = colours.bad if moved > 0 else colours.good if moved < 0 else colours.muted
            hover = label(
                self.names.text(
                    "promised", day=show.day(said, self.names.lang), expected=show.day(expected, self.names.lang)
                )
            )
            self.fig.scatter(
                x=[said, expected],
                y=[y, y],
                mode="lines+markers",
                showlegend=False,
                hoverinfo="text",
                hovertext=[hover, hover],
                line={"width": 1.2, "color": shade, "dash": "dot"},
                cliponaxis=False,
                marker={"symbol": ["circle", "diamond-open"], "size": [4, 9], "color": shade},
            )
            if moved:
                words = self.names.text("moved", days=show.number(moved, signed=True))
                self.write(words, expected, y, colour=shade, shift=8, size=FONT_SIZE - 2)
            self.ends += [said, expected]
            before = expected
            y += _PROMISE
        return y + 6

    def activities(self, top: float) -> float:
        """A tick a contact, one row a kind of activity."""
        self.heading("activities", top)
        frame = self.told.activities
        assert frame is not None
        y = top + _HEAD + 2
        for kind in dict.fromkeys(frame["kind"]):
            mine = frame[frame["kind"] == kind]
            days = [d for v in mine["occurred_on"] if (d := _day(v))]
            self.fig.scatter(
                x=days,
                y=[y + 6] * len(days),
                mode="markers",
                showlegend=False,
                hoverinfo="text",
                hovertext=[f"{self.names.value('kind', kind)} · {show.day(d, self.names.lang)}" for d in days],
                marker={"symbol": "line-ns", "size": 10, "line": {"width": 1.5, "color": palette(self.theme).accent}},
            )
            self.write(
                f"{self.names.value('kind', kind, 18)} {show.number(len(days))}",
                1,
                y + 6,
                anchor="right",
                paper=True,
                colour=palette(self.theme).muted,
            )
            self.ends += days
            y += _TICKS - 8
        return y + 8

    def finished(self, height: float) -> Figure:
        """The time axis below all lanes and the line of the as-of date."""
        colours = palette(self.theme)
        first, last = min(self.ends), max(self.ends)
        room = max((last - first) * 0.03, timedelta(days=2))
        self.fig.set(height=int(height) + 46, margin={"l": 6, "r": 10, "t": 18, "b": 28, "pad": 0}, barmode="overlay")
        self.fig.set(
            xaxis={
                "type": "date",
                "range": [first - room, last + room * (5 if _has(self.told.promises) else 1)],
                "showgrid": True,
                "nticks": 6,
                "tickformat": "%Y-%m",
                "tickangle": 0,
            }
        )
        self.fig.set(yaxis={"range": [height, 0], "visible": False})
        day = self.told.as_of.isoformat()
        if self.told.until < self.told.as_of:  # closed: nothing of it reaches the as-of date
            return self.fig.figure()
        self.fig.shape(
            type="line",
            x0=day,
            x1=day,
            y0=0,
            y1=1,
            yref="paper",
            line={"width": 1, "dash": "dot", "color": colours.muted},
        )
        self.fig.note(
            text=f"{self.names.text('as_of')} {show.day(self.told.as_of, self.names.lang)}",
            x=self.told.as_of.isoformat(),
            y=1,
            yref="paper",
            yanchor="bottom",
            xanchor="right",
            font={"size": FONT_SIZE - 2, "color": colours.muted},
        )
        return self.fig.figure()
