"""The lower lanes of an opportunity's story: win rate of all parties, people, checklists, presales requests.

Each lane is a function (lanes, top) -> the top of the next one, drawn on the time axis of analytics/charts/timeline.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics import comparison
from analytics import format as show
from analytics.charts.style import FONT_SIZE, label, palette

if TYPE_CHECKING:
    from analytics.charts.timeline import Lanes

_HEAD, _CURVE, _ROW = 22, 64, 18


def shares(lanes: Lanes, frame: pd.DataFrame, top: float) -> float:
    """The share of every party if the project goes ahead, week by week; we are the strong line. Columns: week, party,
    share."""
    lanes.heading("timeline_shares", top)
    colours = palette(lanes.theme)

    def place(share: float) -> float:
        return top + _HEAD + _CURVE - 6 - share * (_CURVE - 8)

    for party in dict.fromkeys(frame["party"]):
        mine = frame[frame["party"] == party]
        is_us = party == comparison.US
        named = _party(lanes, str(party))
        days = [day.date() for day in mine["week"]]
        lanes.fig.scatter(
            x=days,
            y=[place(v) for v in mine["share"]],
            mode="lines",
            showlegend=False,
            line={
                "width": 2.4 if is_us else 1.2,
                "color": lanes.colour.actual if is_us else colours.muted,
                "dash": "solid" if is_us else "dot",
            },
            hoverinfo="text",
            hovertext=[
                f"{named} {show.rate(v)} · {show.day(d, lanes.names.lang)}"
                for d, v in zip(days, mine["share"], strict=True)
            ],
        )
        lanes.ends += days[:1]
    own = frame[frame["party"] == comparison.US]
    if len(own):
        last = float(own["share"].iloc[-1])
        lanes.write(
            f"{_party(lanes, comparison.US)} {show.rate(last)}", 1, top + 10, anchor="right", paper=True, bold=True
        )
    return top + _HEAD + _CURVE + 4


def _party(lanes: Lanes, party: str) -> str:
    if party in (comparison.US, comparison.PHANTOM):
        return lanes.names.text(f"timeline_{party}")
    return label(party, 24)


def people(lanes: Lanes, frame: pd.DataFrame, top: float) -> float:
    """A number where the decision chain changed: people known, who supports (▲) and who opposes (▼)."""
    lanes.heading("timeline_people", top)
    changed = frame[(frame[["people", "supporters", "opponents"]].diff().fillna(1) != 0).any(axis="columns")]
    days = [day.date() for day in changed["seen_on"]]
    said = [_counts(row) for row in changed.to_dict("records")]
    _points(lanes, days, said, top + _HEAD + 4, palette(lanes.theme).text, "circle")
    if said:
        lanes.write(said[-1], 1, top + 10, anchor="right", paper=True)
    return top + _HEAD + _ROW


def _counts(row: dict[Any, Any]) -> str:
    marks = [f"{sign}{show.number(row[name])}" for sign, name in (("▲", "supporters"), ("▼", "opponents")) if row[name]]
    return " ".join([show.number(row["people"]), *marks])


def answers(lanes: Lanes, frame: pd.DataFrame, top: float) -> float:
    """A row per kind of checklist; a point where it was answered, its score (0 to 100) to the right."""
    lanes.heading("timeline_answers", top)
    y = top + _HEAD + 4
    for kind in dict.fromkeys(frame["kind"]):
        mine = frame[frame["kind"] == kind]
        named = lanes.names.text(f"timeline_{kind}")
        days = [day.date() for day in mine["assessed_on"]]
        _points(
            lanes, days, [f"{named} {show.number(v)}" for v in mine["score"]], y, palette(lanes.theme).accent, "diamond"
        )
        lanes.write(f"{named} {show.number(mine['score'].iloc[-1])}", 1, y, anchor="right", paper=True)
        y += _ROW
    return y + 6


def requests(lanes: Lanes, frame: pd.DataFrame, top: float) -> float:
    """A line per request from its day to the first response; without one it is red, up to the end of the story."""
    lanes.heading("timeline_requests", top)
    colours, lang = palette(lanes.theme), lanes.names.lang
    y = top + _HEAD + 4
    for row in frame.to_dict("records"):
        asked = row["requested_on"].date()
        is_answered = pd.notna(row["responded_on"])
        end = row["responded_on"].date() if is_answered else max(asked, lanes.told.until)
        hours = "" if pd.isna(row["hours"]) else f" · {show.number(row['hours'])} h"
        kind = label(row["kind"], 30) if isinstance(row["kind"], str) else show.UNKNOWN
        until = show.day(end, lang) if is_answered else "?"
        said = f"{kind} · {show.day(asked, lang)} – {until}{hours}"
        lanes.fig.scatter(
            x=[asked, end],
            y=[y, y],
            mode="lines+markers",
            showlegend=False,
            hoverinfo="text",
            hovertext=[said, said],
            line={"width": 1.5, "color": colours.muted if is_answered else colours.bad},
            marker={"size": [6, 3], "color": colours.accent if is_answered else colours.bad, "symbol": "square"},
        )
        lanes.ends.append(asked)
        y += 5
    hours = frame["hours"].sum(min_count=1)
    known = show.number(hours) if pd.notna(hours) else "–"
    total = lanes.names.text("timeline_hours", n=show.number(len(frame)), hours=known)
    lanes.write(total, 1, top + 10, anchor="right", paper=True)
    return y + 10


def _points(lanes: Lanes, days: Sequence[Any], said: Sequence[str], y: float, colour: str, symbol: str) -> None:
    lanes.fig.scatter(
        x=list(days),
        y=[y] * len(days),
        mode="markers",
        showlegend=False,
        hoverinfo="text",
        hovertext=[f"{words} · {show.day(day, lanes.names.lang)}" for words, day in zip(said, days, strict=True)],
        marker={"size": FONT_SIZE - 5, "symbol": symbol, "color": colour},
    )
    lanes.ends += days[:1]
