"""The map of one account: its people, how they stand to us, and how they hang together.

A fixed layout: departments top to bottom, importance left (5) to right (1), so that the same people stand at the same
place every week and a map can be compared with last month's. Attitude by shape and word as well as colour, importance
by size too, the kind of a relation by its line. What is not known is a square with a question mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics import format as show
from analytics import i18n
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import known
from analytics.charts.sheet import Sheet, message
from analytics.charts.style import FONT_SIZE, Palette, Theme, columns_of, label, palette, soft

#: attitude -> shape of the mark; not reached within the days of the settings = outlined
SHAPES = {2: "star", 1: "triangle-up", 0: "circle", -1: "triangle-down", -2: "x"}
UNKNOWN_SHAPE = "square"
#: kind of relation -> dash of the line
LINES = {"report": "solid", "influence": "dash", "decision": "dot"}
_HEAD, _TEXT, _NODE = 24, 24, 58
#: titles break into at most so many lines of so many Latin widths: five levels stand beside each other on a phone
_WIDTH, _LINES, _LINE = 12, 3, 12


@dataclass(frozen=True)
class Spot:
    """Where a contact stands: x in levels from the left, y in pixels from the top."""

    x: float
    y: float


def layout(people: pd.DataFrame) -> tuple[dict[str, Spot], list[tuple[str | None, float]], list[int | None], float]:
    """Places of the contacts, departments with the top of each, levels from left to right, height.

    Depends on department, importance, contact_id and the longest title only; several contacts of one cell stand below
    each other.
    """
    rows = people.assign(
        department=people["department"].astype(object).where(people["department"].notna(), None),
        level=[known(v) for v in people["importance"]],
    )
    found = sorted({int(v) for v in rows["level"].dropna()}, reverse=True)
    levels: list[int | None] = [*found, *([None] if rows["level"].isna().any() else [])]
    weight = {d: max(part["level"].fillna(0)) for d, part in rows.groupby("department", dropna=False, sort=False)}
    places = sorted(
        {None if pd.isna(d) else d for d in rows["department"]},
        key=lambda d: (d is None, -weight.get(d, 0) if d is not None else 0, str(d)),
    )
    node = _NODE + _LINE * (max((len(lines(title)) for title in people["title"]), default=1) - 1)
    spots: dict[str, Spot] = {}
    tops: list[tuple[str | None, float]] = []
    y = float(_HEAD)
    for place in places:
        mine = rows[rows["department"].isna()] if place is None else rows[rows["department"] == place]
        tops.append((place, y))
        most = 1
        for k, level in enumerate(levels):
            here = mine[mine["level"].isna()] if level is None else mine[mine["level"] == level]
            ids = sorted(here["contact_id"])
            most = max(most, len(ids))
            for i, contact in enumerate(ids):  # stepped to the side, so that lines between them can be seen
                spots[contact] = Spot(
                    k + 0.5 + (0.12 if i % 2 else 0) - (0.06 if len(ids) > 1 else 0), y + _TEXT + i * node + 0.4 * _NODE
                )
        y += _TEXT + most * node + 6
    return spots, tops, levels, y


def lines(title: object) -> list[str]:
    """A contact's title broken into lines between its words, and inside a word that is too long for one; "?" for none.
    What does not fit into the last line is cut with an ellipsis."""
    if not isinstance(title, str) or not title.strip() or title == "nan":
        return ["?"]
    broken: list[str] = []
    for word in title.split():
        if broken and columns_of(f"{broken[-1]} {word}") <= _WIDTH:
            broken[-1] += f" {word}"
            continue
        broken.append("")
        for char in word:
            if columns_of(broken[-1] + char) > _WIDTH:
                broken.append("")
            broken[-1] += char
    kept, rest = broken[: _LINES - 1], broken[_LINES - 1 :]
    return [label(line) for line in kept] + ([label(" ".join(rest), _WIDTH)] if rest else [])


def account(people: pd.DataFrame, relations: pd.DataFrame, names: Names, theme: Theme) -> Figure:
    """The map. people: closeness_accounts.map_people; relations: from_contact, to_contact, kind."""
    if people.empty:
        return message(theme, names.text("empty"))
    colours = palette(theme)
    spots, tops, levels, height = layout(people)
    fig = Sheet(theme, int(height) + 74)
    fig.set(
        margin={"l": 4, "r": 4, "t": 4, "b": 70},
        xaxis={"range": [0, len(levels)], "visible": False},
        yaxis={"range": [height, 0], "visible": False},
        showlegend=True,
        legend={
            "orientation": "h",
            "x": 0,
            "y": 0,
            "yanchor": "top",
            "itemclick": False,
            "itemdoubleclick": False,
            "font": {"size": FONT_SIZE - 1, "color": colours.muted},
        },
    )
    for i, level in enumerate(levels):
        head = names.text("closeness_level", n=level) if level else names.text("closeness_level_unknown")
        fig.note(text=head, x=i + 0.5, y=10, font={"color": colours.muted, "size": FONT_SIZE - 1})
    for place, top in tops:
        text = label(place, 40) if place else names.text("closeness_no_department")
        fig.shape(type="line", xref="paper", x0=0, x1=1, y0=top, y1=top, line={"color": colours.grid, "width": 1})
        fig.note(
            text=text, x=0, xref="paper", xanchor="left", y=top + 12, font={"weight": "bold", "size": FONT_SIZE - 1}
        )
    _relations(fig, relations, spots, names, colours)
    _people(fig, people, spots, names, colours)
    return fig.figure()


def _relations(fig: Sheet, relations: pd.DataFrame, spots: dict[str, Spot], names: Names, colours: Palette) -> None:
    """Lines between people; reports with an arrow to the superior, the others bent, not to hide each other."""
    seen: list[str] = []
    drawn: set[tuple[str, frozenset[str]]] = set()
    for row in relations.to_dict("records"):
        a, b = spots.get(row["from_contact"]), spots.get(row["to_contact"])
        pair = (row["kind"], frozenset((row["from_contact"], row["to_contact"])))
        if a is None or b is None or pair in drawn:
            continue
        drawn.add(pair)
        if row["kind"] not in seen:
            seen.append(row["kind"])
        if row["kind"] == "report":
            fig.note(
                text="",
                showarrow=True,
                x=b.x,
                y=b.y,
                ax=a.x,
                ay=a.y,
                xref="x",
                yref="y",
                axref="x",
                ayref="y",
                arrowhead=2,
                arrowsize=1,
                arrowwidth=1.4,
                arrowcolor=soft(colours.text, 0.55),
                standoff=12,
                startstandoff=10,
            )
            continue
        bend = 0.18 if row["kind"] == "influence" else -0.18
        middle = ((a.x + b.x) / 2 + bend, (a.y + b.y) / 2 + 90 * bend)
        colour = colours.accent if row["kind"] == "influence" else soft(colours.text, 0.3)
        fig.shape(
            type="path",
            path=f"M {a.x},{a.y} Q {middle[0]},{middle[1]} {b.x},{b.y}",
            layer="below",
            line={"color": colour, "width": 1.2, "dash": LINES.get(row["kind"], "dot")},
        )
    for kind in [k for k in LINES if k in seen]:
        fig.scatter(
            x=[None],
            y=[None],
            mode="lines",
            name=names.text(f"closeness_relation_{kind}"),
            showlegend=True,
            line={"color": colours.accent if kind == "influence" else colours.muted, "dash": LINES[kind], "width": 1.5},
        )


def _people(fig: Sheet, people: pd.DataFrame, spots: dict[str, Spot], names: Names, colours: Palette) -> None:
    for status in (2, 1, 0, -1, -2, None):
        mine = people[people["status"].isna()] if status is None else people[people["status"] == status]
        if mine.empty:
            continue
        rows = mine.to_dict("records")
        colour = (
            colours.muted
            if status is None
            else (colours.good if status > 0 else colours.bad if status < 0 else colours.neutral.actual)
        )
        shape = UNKNOWN_SHAPE if status is None else SHAPES[status]
        word, back = attitude(status, names), soft(colours.background, 0.75)
        fig.scatter(
            x=[spots[r["contact_id"]].x for r in rows],
            y=[spots[r["contact_id"]].y for r in rows],
            mode="markers",
            marker={
                "symbol": [shape if r["is_reached"] else f"{shape}-open" for r in rows],
                "color": colour,
                "size": [10 + 2 * (known(r["importance"]) or 2) for r in rows],
                "opacity": 1,
                "line": {"width": 1.6, "color": colour},
            },
            name=f"{'? ' if status is None else ''}{word}",
            showlegend=True,
            hoverinfo="text",
            hovertext=[_hover(r, word, names) for r in rows],
            cliponaxis=False,
        )
        for row in rows:
            spot = spots[row["contact_id"]]
            title = lines(row["title"])
            fig.note(
                text="<br>".join(title),
                x=spot.x,
                y=spot.y,
                yshift=-10,
                yanchor="top",
                bgcolor=back,
                borderpad=0,
                font={"size": FONT_SIZE - 2},
            )
            fig.note(
                text=("? " if status is None else "") + word,
                x=spot.x,
                y=spot.y,
                yshift=-18 - _LINE * len(title),
                yanchor="middle",
                bgcolor=back,
                font={"size": FONT_SIZE - 2, "color": colour},
            )


def attitude(status: float | None, names: Names) -> str:
    """What an attitude of -2 to 2 is called."""
    number = None if status is None or pd.isna(status) else int(status)
    return names.text("closeness_attitude_unknown" if number is None else f"closeness_attitude_{ATTITUDES[number]}")


#: attitude -> last part of its key in the catalogue
ATTITUDES = {2: "mentor", 1: "supports", 0: "neutral", -1: "unsupportive", -2: "opposes"}


def _hover(row: dict[Any, Any], word: str, names: Names) -> str:
    roles = [label(i18n.label("decision_role", role, names.lang)) for role in row["roles"]]
    lines = [
        label(" · ".join(str(v) for v in (row["title"], row["department"], row["who"]) if isinstance(v, str) and v)),
        word,
        names.text(
            "closeness_hover",
            closeness=show.number(row["closeness"], digits=0),
            touches=show.number(row["touches"]),
            day=show.day(row["last_touch_on"], names.lang),
        ),
        ", ".join(roles),
    ]
    return "<br>".join(line for line in lines if line)
