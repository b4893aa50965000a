"""The small line in a KPI tile: the course of a number, its last value marked, nothing else.

Drawn as SVG text, because a page has many of them and a full chart each would make it slow to appear.
"""

from __future__ import annotations

import pandas as pd

from analytics.charts.rows import column
from analytics.charts.style import Theme, ink, palette

WIDTH, HEIGHT, _EDGE = 200, 44, 6


def line(frame: pd.DataFrame, theme: Theme, *, value: str = "value", segment: str | None = None) -> str:
    """`value` in the order given as an SVG image; gaps stay gaps. "" where fewer than two values are known."""
    points = _points(column(frame, value))
    known = [point for point in points if point is not None]
    if len(known) < 2:  # one point has no course
        return ""
    colour = ink(theme, segment).actual if segment else palette(theme).accent
    stroke = f'fill="none" stroke="{colour}" stroke-linecap="round" stroke-linejoin="round" stroke-width='
    path, (x, y) = _path(points), known[-1]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
            f'<path d="{path}" {stroke}"1.5"/><path d="M{x} {y}h0" {stroke}"6"/></svg>')


def _points(values: list[float | None]) -> list[tuple[float, float] | None]:
    """Values as places in the image; None where nothing is known."""
    known = [v for v in values if v is not None]
    low, span = min(known, default=0.0), (max(known, default=0.0) - min(known, default=0.0)) or 1.0
    step = (WIDTH - 2 * _EDGE) / max(len(values) - 1, 1)
    return [None if v is None else (round(_EDGE + i * step, 1),
                                    round(HEIGHT - _EDGE - (v - low) / span * (HEIGHT - 2 * _EDGE), 1))
            for i, v in enumerate(values)]


def _path(points: list[tuple[float, float] | None]) -> str:
    """A line through neighbours that are both known."""
    parts = []
    for before, point in zip([None, *points], points, strict=False):
        if point is not None:
            parts.append(f"{'M' if before is None else 'L'}{point[0]} {point[1]}")
    return "".join(parts)
