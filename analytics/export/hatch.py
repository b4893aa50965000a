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
    """The drawing with every hatched mark drawn as an outline with slanted lines in it.

    Only marks with straight sides are changed; others keep their pattern.
    """
    colours = {found[1]: stroke[1] for found in _PATTERN.finditer(svg) if (stroke := _STROKE.search(found[0]))}
    count = 0

    def drawn(match: re.Match[str]) -> str:
        nonlocal count
        mark, path, name = match[0], match[1], match[2]
        corners, colour = _corners(path), colours.get(name)
        if not corners or colour is None:
            return mark
        count += 1
        style = f'style="fill: none; stroke: {colour}; stroke-width: 1px;"'
        lines = re.sub(r'style="[^"]*"', style, mark).replace(f'd="{path}"', f'd="{_slanted(*_box(corners))}"', 1)
        if not _is_box(corners):  # the lines of the box around it, cut off at its outline
            clip = f"{name}-{count}"
            lines = f'<clipPath id="{clip}"><path d="{path}"/></clipPath><g clip-path="url(#{clip})">{lines}</g>'
        return re.sub(r"fill: url\([^)]*\)", "fill: none", mark) + lines
    return _MARK.sub(drawn, svg)


def _corners(path: str) -> list[tuple[float, float]]:
    """The corners of an outline with straight sides; none of any other.

    >>> _corners("M0,7.5V31.5H147Z"), _corners("M0,0A5,5 0 0 1 9,9Z")
    ([(0.0, 7.5), (0.0, 31.5), (147.0, 31.5)], [])
    """
    found: list[tuple[float, float]] = []
    if re.search(r"[a-zABCQST]", path):
        return []
    for move, numbers in _MOVES.findall(path):
        values = [float(v) for v in re.findall(r"-?\d+(?:\.\d+)?", numbers)]
        if move in "ML":
            found += zip(values[0::2], values[1::2], strict=True)
        elif move in "HV" and found:
            x, y = found[-1]
            found.append((values[0], y) if move == "H" else (x, values[0]))
    return found


def _box(corners: list[tuple[float, float]]) -> tuple[float, float, float, float]:
    """Left, top, right, bottom."""
    across, down = zip(*corners, strict=True)
    return min(across), min(down), max(across), max(down)


def _is_box(corners: list[tuple[float, float]]) -> bool:
    left, top, right, bottom = _box(corners)
    return set(corners) == {(x, y) for x in (left, right) for y in (top, bottom)}


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
