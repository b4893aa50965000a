"""Hatched marks of a drawing as lines: a pattern becomes a large picture when a PDF is made, lines stay lines."""

from __future__ import annotations

import re

#: distance of the lines, in pixels
_STEP = 7.0
_PATTERN = re.compile(r'<pattern id="([^"]+)".*?</pattern>', re.DOTALL)
_STROKE = re.compile(r'stroke="([^"]+)"')
_MARK = re.compile(r'<path\b[^>]*?\bd="([^"]+)"[^>]*?fill: url\([\'&quot;]*#([^)&\']+)[\'&quot;]*\)[^>]*?/>')
_MOVES = re.compile(r"([MLHVZ])([^MLHVZ]*)")


def as_lines(svg: str) -> str:
    """The drawing with every hatched bar drawn as an outline with slanted lines in it.

    Only marks with straight sides along the axes are changed; others keep their pattern.
    """
    colours = {found[1]: stroke[1] for found in _PATTERN.finditer(svg) if (stroke := _STROKE.search(found[0]))}

    def drawn(match: re.Match[str]) -> str:
        box, colour = _box(match[1]), colours.get(match[2])
        if box is None or colour is None:
            return match[0]
        outline = re.sub(r"fill: url\([^)]*\)", "fill: none", match[0])
        lines = re.sub(r'style="[^"]*"', f'style="fill: none; stroke: {colour}; stroke-width: 1px;"', match[0])
        return outline + lines.replace(f'd="{match[1]}"', f'd="{_slanted(*box)}"', 1)
    return _MARK.sub(drawn, svg)


def _box(path: str) -> tuple[float, float, float, float] | None:
    """Left, top, right, bottom of a rectangle; None for any other outline.

    >>> _box("M0,7.5V31.5H147V7.5Z"), _box("M0,0A5,5 0 0 1 9,9Z")
    ((0.0, 7.5, 147.0, 31.5), None)
    """
    across, down = [], []
    if re.search(r"[a-zABCQST]", path):
        return None
    for move, numbers in _MOVES.findall(path):
        values = [float(v) for v in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", numbers)]
        across += values[0::2] if move in "ML" else values if move == "H" else []
        down += values[1::2] if move in "ML" else values if move == "V" else []
    if len(set(across)) != 2 or len(set(down)) != 2:
        return None
    return min(across), min(down), max(across), max(down)


def _slanted(left: float, top: float, right: float, bottom: float) -> str:
    """Lines that rise to the right through a rectangle, cut off at its sides; whole drawings share one raster.

    >>> _slanted(0, 0, 7, 7)
    'M0.00,7.00L7.00,0.00'
    """
    parts, at = [], (left + top) // _STEP * _STEP + _STEP  # a line holds the points with x + y = at
    while at < right + bottom:
        x0, x1 = max(left, at - bottom), min(right, at - top)
        if x1 > x0:
            parts.append(f"M{x0:.2f},{at - x0:.2f}L{x1:.2f},{at - x1:.2f}")
        at += _STEP
    return "".join(parts)
