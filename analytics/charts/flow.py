"""Where opportunities go from each stage: a Sankey diagram that runs downwards, with skips and moves back.

Plotly's own Sankey has no place for seven labelled stages on a narrow screen, lays loops out unpredictably and cannot
be clicked, so the ribbons are drawn here. Width is the number of visits; what enters a stage leaves it or is still
there, so both edges of a stage's bar are filled.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import key, known, write
from analytics.charts.sheet import Sheet, message
from analytics.charts.style import FONT_SIZE, Theme, ink, palette, soft

_LEFT, _WIDTH, _WORDS = 0.13, 0.37, 0.58
_PITCH, _NODE, _TOP, _STUB = 76, 12, 30, 16
_HAIRPIN = 14
#: pixels from line to line of the words beside a bar
_LINE = 16
#: ways out that do not lead to another bar
_ENDS = ("lost", "no_decision", "void", "deleted", "open")
#: what a clicked ribbon hands back: all segments of the pipeline go through it, whatever gave it its colour
_MARK = ("pipeline", "stage", "outcome")
Points = list[tuple[float, float]]
#: how a stage is left, in the order in which the ribbons leave its bar from left to right
_ORDER = ("regress", "reopened", "advance", "won", "lost", "no_decision", "void", "deleted", "open", "skip")


@dataclass
class _Node:
    """The bar of one stage: where it stands and how much of both edges is taken already."""

    stage: str
    row: int
    visits: float = 0
    used_top: float = 0
    used_bottom: float = 0
    outcomes: dict[str, float] = field(default_factory=dict)

    @property
    def y(self) -> float:
        return _TOP + self.row * _PITCH


@dataclass(frozen=True)
class _Flow:
    source: str
    target: str
    kind: str
    n: float
    amount: float | None


def sankey(
    frame: pd.DataFrame, stages: Sequence[str], names: Names, theme: Theme, *, segment: str | None = None
) -> Figure:
    """Flows of one pipeline: columns pipeline, from_stage, to_stage, exit_kind, n, amount; `stages` top to bottom.

    `exit_kind` tells how `from_stage` was left: advance, skip, regress, won, reopened, or an end: lost, no_decision,
    void, deleted, open (still there). A row without `from_stage` are those who start there. `stages` names the open
    stages and the one that is won. Clicks hand back pipeline, stage and exit kind.
    """
    flows = [flow for row in frame.to_dict("records") if (flow := _flow(row)).n > 0]
    if not flows:
        return message(theme, names.text("empty"))
    pipeline = str(frame["pipeline"].iloc[0])
    nodes = _nodes(flows, stages)
    height = _TOP + (len(nodes) - 1) * _PITCH + _NODE + _STUB + 30
    fig = Sheet(theme, height + 58)
    fig.set(
        margin={"l": 4, "r": 4, "t": 4, "b": 54, "pad": 0},
        legend=key(theme),
        showlegend=True,
        meta={"mark": list(_MARK)},
    )
    fig.set(xaxis={"range": [0, 1], "visible": False})
    fig.set(yaxis={"range": [height, 0], "visible": False})
    _Drawing(fig, nodes, names, theme, pipeline, segment).draw(flows)
    return fig.figure()


def through(frame: pd.DataFrame, closing_stages: Sequence[str]) -> pd.DataFrame:
    """The flows without what exports know as closed only: a bar "won" to which no way leads says nothing."""
    is_unseen = (frame["exit_kind"] == "entry") & frame["to_stage"].isin(closing_stages)
    return frame[~is_unseen].reset_index(drop=True)


def _flow(row: dict[Any, Any]) -> _Flow:
    """One row as a flow. What leaves the funnel ends in its kind, whatever the closing stage is called."""
    kind = str(row["exit_kind"])
    source, target = (v if isinstance(v, str) else "" for v in (row["from_stage"], row["to_stage"]))
    return _Flow(source, kind if kind in _ENDS else target, kind, known(row["n"]) or 0, known(row.get("amount")))


def _nodes(flows: Sequence[_Flow], stages: Sequence[str]) -> dict[str, _Node]:
    """One node a stage that anything touches, sized by the larger of what comes in and what goes out."""
    touched = {f.source for f in flows} | {f.target for f in flows}
    shown = [s for s in stages if s in touched]
    nodes = {stage: _Node(stage, row) for row, stage in enumerate(shown)}
    for stage, node in nodes.items():
        out = sum(f.n for f in flows if f.source == stage)
        into = sum(f.n for f in flows if f.target == stage)
        node.visits = max(out, into)
    return nodes


class _Drawing:
    """One picture in the making: knows the scale and hands out places on the bars' edges."""

    def __init__(
        self, fig: Sheet, nodes: dict[str, _Node], names: Names, theme: Theme, pipeline: str, segment: str | None
    ) -> None:
        self.fig, self.nodes, self.names, self.theme = fig, nodes, names, theme
        self.pipeline, self.segment = pipeline, segment
        self.scale = _WIDTH / max(node.visits for node in nodes.values())
        self.lanes_right: list[tuple[int, int, float]] = []
        self.lanes_left: list[list[tuple[int, int]]] = []
        self.keyed: set[str] = set()

    def draw(self, flows: Sequence[_Flow]) -> None:
        """Ribbons first, the bars over them, the words beside."""
        ranked = sorted(
            flows,
            key=lambda f: (self._row(f.source), _ORDER.index(f.kind) if f.kind in _ORDER else 0, self._row(f.target)),
        )
        entering = {
            id(f): self._top_place(f)
            for f in sorted(flows, key=lambda f: (f.kind != "regress", f.kind == "skip"))
            if f.target in self.nodes
        }
        for flow in ranked:
            if flow.source in self.nodes:
                self._leave(flow, entering.get(id(flow)))
        for node in self.nodes.values():
            self._bar(node)

    def _row(self, stage: str) -> int:
        return self.nodes[stage].row if stage in self.nodes else len(self.nodes)

    def _top_place(self, flow: _Flow) -> tuple[float, float]:
        node = self.nodes[flow.target]
        start = _LEFT + node.used_top
        node.used_top += flow.n * self.scale
        return start, start + flow.n * self.scale

    def _bottom_place(self, node: _Node, n: float) -> tuple[float, float]:
        start = _LEFT + node.used_bottom
        node.used_bottom += n * self.scale
        return start, start + n * self.scale

    def _leave(self, flow: _Flow, entry: tuple[float, float] | None) -> None:
        node = self.nodes[flow.source]
        a, b = self._bottom_place(node, flow.n)
        node.outcomes[flow.kind] = node.outcomes.get(flow.kind, 0) + flow.n
        if entry is None:
            return self._shape(flow, _stub(a, b, node.y + _NODE), ((a + b) / 2, node.y + _NODE + _STUB / 2))
        target = self.nodes[flow.target]
        if target.row <= node.row:
            return self._back(flow, (a, b), node, entry, target)
        lane = self._lane(node.row, target.row, flow.n * self.scale) if target.row - node.row > 1 else None
        outline = _ribbon((a, b), node.y + _NODE, entry, target.y, lane)
        middle = (lane[0] + lane[1], 2 * node.y + _PITCH * 2 + _NODE) if lane else (a + b, node.y + _NODE + target.y)
        return self._shape(
            flow, outline, (middle[0] / 2, middle[1] / 2 if lane is None else node.y + _PITCH + _NODE / 2)
        )

    def _lane(self, start: int, end: int, width: float) -> tuple[float, float]:
        """A free strip to the right of all bars that the skip passes."""
        left = max(_LEFT + n.visits * self.scale for n in self.nodes.values() if start < n.row < end) + 0.012
        for other_start, other_end, other_right in self.lanes_right:
            if other_start < end and start < other_end:
                left = max(left, other_right + 0.008)
        left = min(
            left, _WORDS - 0.05 - width
        )  # more lanes than room: the last ones overlap rather than hide the words
        self.lanes_right.append((start, end, left + width))
        return left, left + width

    def _back(
        self, flow: _Flow, out: tuple[float, float], node: _Node, entry: tuple[float, float], target: _Node
    ) -> None:
        """Up through the left margin: out of the lower bar's bottom, over the upper bar, into its top."""
        right = _LEFT - 0.012 - 0.022 * min(self._left_lane(target.row, node.row), 4)
        left = right - max(flow.n * self.scale, 0.004)
        low, high = node.y + _NODE, target.y
        inner = [*_arc(out[0], right, low, _HAIRPIN - 5), *_arc(right, entry[0], high, -(_HAIRPIN - 5))]
        outer = [*_arc(out[1], left, low, _HAIRPIN), *_arc(left, entry[1], high, -_HAIRPIN)]
        self._shape(flow, inner + outer[::-1], ((left + right) / 2, (low + high) / 2))

    def _left_lane(self, start: int, end: int) -> int:
        """The first lane of the left margin in which nothing runs between two rows yet."""
        for number, taken in enumerate(self.lanes_left):
            if all(end < other_start or other_end < start for other_start, other_end in taken):
                taken.append((start, end))
                return number
        self.lanes_left.append([(start, end)])
        return len(self.lanes_left) - 1

    def _shape(self, flow: _Flow, outline: Points, middle: tuple[float, float]) -> None:
        colours, colour = palette(self.theme), ink(self.theme, self.segment, self.names.order)
        look = {
            "advance": soft(colour.actual, 0.45),
            "won": soft(colour.actual, 0.45),
            "skip": soft(colours.accent, 0.85),
            "regress": soft(colours.bad, 0.8),
            "reopened": soft(colours.bad, 0.8),
            "open": "rgba(0,0,0,0)",
        }
        fill = look.get(flow.kind, colours.neutral.comparison)
        group = {"won": "advance", "reopened": "regress", "no_decision": "lost", "void": "lost", "deleted": "lost"}.get(
            flow.kind, flow.kind
        )
        pattern = (
            {"shape": "/", "fgcolor": colour.comparison, "bgcolor": "rgba(0,0,0,0)", "size": 5}
            if group == "open"
            else None
        )
        edge = colour.comparison if group == "open" else fill  # a ribbon of two is still seen
        closed = [*outline, outline[0]]
        self.fig.scatter(
            x=[p[0] for p in closed],
            y=[p[1] for p in closed],
            fill="toself",
            mode="lines",
            hoveron="fills",
            fillcolor=fill,
            fillpattern=pattern,
            line={"width": 0 if group in ("advance", "lost") else 1, "color": edge},
            name=self.names.text(f"flow_{group}"),
            legendgroup=group,
            showlegend=group not in self.keyed,
            text=self._words(flow),
            hoverinfo="text",
        )
        self.keyed.add(group)
        self._click(flow, middle, group in ("skip", "regress"))

    def _click(self, flow: _Flow, middle: tuple[float, float], has_number: bool) -> None:
        """A point that can be clicked in the middle of the ribbon; exceptions carry their number on a small plate."""
        self.fig.scatter(
            x=[middle[0]],
            y=[middle[1]],
            mode="markers",
            showlegend=False,
            marker={"size": 18, "color": "rgba(0,0,0,0)"},
            hovertext=[self._words(flow)],
            hoverinfo="text",
            customdata=[[self.pipeline, flow.source, flow.kind]],
        )
        if has_number:
            self.fig.note(
                text=show.number(flow.n),
                x=middle[0],
                y=middle[1],
                borderpad=1,
                bgcolor=palette(self.theme).background,
                font={"size": FONT_SIZE - 1},
            )

    def _words(self, flow: _Flow) -> str:
        end = (
            self.names.text(f"end_{flow.target}")
            if flow.target in _ENDS
            else self.names.stage(self.pipeline, flow.target)
        )
        amount = "" if flow.amount is None else f" · {show.amount(flow.amount, self.names.lang)}"
        return f"{self.names.stage(self.pipeline, flow.source)} → {end}<br>n {show.number(flow.n)}{amount}"

    def _bar(self, node: _Node) -> None:
        colour, colours = ink(self.theme, self.segment, self.names.order), palette(self.theme)
        self.fig.shape(
            type="rect",
            x0=_LEFT,
            x1=_LEFT + max(node.visits * self.scale, 0.004),
            y0=node.y,
            y1=node.y + _NODE,
            line={"width": 0},
            fillcolor=colour.actual,
            layer="above",
        )
        write(self.fig, self.names.stage(self.pipeline, node.stage), _WORDS, node.y - 2, bold=True)
        for line, words in enumerate(self._counts(node)):
            write(
                self.fig,
                words,
                _WORDS,
                node.y + 15 + line * _LINE,
                colour=colours.muted,
                size=FONT_SIZE - 1,
            )

    def _counts(self, node: _Node) -> list[str]:
        """n, how many were lost and how many are still there: a line each, because a phone has no room for one."""
        lost = sum(node.outcomes.get(k, 0) for k in ("lost", "no_decision"))
        still = node.outcomes.get("open", 0)
        parts = [f"n {show.number(node.visits)}"]
        for end, number in (("end_lost", lost), ("end_open", still)):
            if number:
                parts.append(f"{self.names.text(end)} {show.number(number)}")
        return parts


def _smooth(a: float, b: float, steps: int = 14) -> Iterator[tuple[float, float]]:
    """(share of the way, position) along an S-curve from a to b."""
    for i in range(steps + 1):
        share = i / steps
        yield share, a + (b - a) * (3 * share**2 - 2 * share**3)


def _curve(x0: float, y0: float, x1: float, y1: float) -> Points:
    return [(x, y0 + (y1 - y0) * share) for share, x in _smooth(x0, x1)]


def _ribbon(
    out: tuple[float, float], y0: float, entry: tuple[float, float], y1: float, lane: tuple[float, float] | None
) -> Points:
    """The outline of a downward ribbon; with a `lane` it runs straight there between the first and the last gap."""
    sides: list[Points] = []
    for side in (0, 1):
        if lane is None:
            sides.append(_curve(out[side], y0, entry[side], y1))
        else:
            gap = _PITCH - _NODE
            sides.append(_curve(out[side], y0, lane[side], y0 + gap) + _curve(lane[side], y1 - gap, entry[side], y1))
    return sides[0] + sides[1][::-1]


def _stub(a: float, b: float, y: float) -> Points:
    """A short end that points down: these do not come back to the funnel."""
    return [(a, y), (a, y + _STUB * 0.6), ((a + b) / 2, y + _STUB), (b, y + _STUB * 0.6), (b, y)]


def _arc(x0: float, x1: float, y: float, depth: float, steps: int = 12) -> Points:
    """Half an ellipse from (x0, y) to (x1, y), `depth` pixels below y (above where negative)."""
    return [
        ((x0 + x1) / 2 + (x0 - x1) / 2 * math.cos(math.pi * i / steps), y + depth * math.sin(math.pi * i / steps))
        for i in range(steps + 1)
    ]
