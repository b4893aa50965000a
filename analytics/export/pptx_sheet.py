"""What a native chart of a slide holds: the plot as it is drawn, its workbook, and the figures read back from it."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import accumulate

import pandas as pd
import xlsxwriter
from openpyxl import load_workbook
from pptx.chart.data import CategoryChartData

from analytics import format as fmt
from analytics.export.plot import Line, Plot
from analytics.export.pptx_text import clean, cut

Values = tuple[float | None, ...]
#: The column of the categories in a chart's table.
CATEGORY = ""
#: Latin widths of a category and of a series
_CATEGORY, _NAME = 44, 40
#: A curve over so many days gets a point for each; beyond, one for each day on which anything happens.
_DAYS = 1500
#: The columns of a waterfall's sheet, after the categories.
PIECES = ("base", "total", "rise", "fall", "rise_below", "fall_below")


def drawn(plot: Plot) -> Plot:
    """The plot as a slide's chart holds it: curves with a value on every day, months without their day, short names
    that differ, and no part of a waterfall in which nothing happened."""
    if plot.form == "step":
        plot = _every_day(plot)
    if plot.form == "waterfall":
        plot = _moving(plot)
    places = [clean(c) for c in plot.categories]
    if places and all(len(p) == 10 and p[4] == p[7] == "-" and p.endswith("-01") for p in places):
        places = [p[:7] for p in places]
    lines = zip(plot.lines, _distinct((clean(x.name) or "–" for x in plot.lines), _NAME), strict=True)
    return replace(plot, categories=_distinct(places, _CATEGORY),
                   lines=tuple(Line(name, x.role, tuple(map(_finite, x.values))) for x, name in lines))


def table(plot: Plot) -> pd.DataFrame:
    """The plot as the table that stands in its chart's workbook: the categories (column CATEGORY), then the series."""
    return pd.DataFrame({CATEGORY: plot.categories} | {line.name: line.values for line in plot.lines}, dtype="object")


def table_in(workbook: bytes, form: str) -> pd.DataFrame:
    """The same table, read from the first sheet of a workbook: whoever edits the chart writes there.

    The parts of a waterfall are put together again: what rises and what falls are series of one name there.
    """
    book = load_workbook(io.BytesIO(workbook), data_only=True)
    head, *rows = list(book.worksheets[0].iter_rows(values_only=True))
    book.close()
    if form == "waterfall":
        head, rows = (head[0], head[2]), [(row[0], _step(row[2:])) for row in rows]
    return pd.DataFrame([["" if c is None else c for c in row] for row in rows], dtype="object",
                        columns=[CATEGORY, *("" if name is None else str(name) for name in head[1:])])


def pieces(values: Values) -> dict[str, Values]:
    """The stacked series of a waterfall (PIECES, those that are needed): an invisible base, then what is seen.

    The first value is a level; the last one is, if it is the sum of all before; the others go up or down from there.
    What crosses zero has a part on each side of it.

    >>> pieces((10.0, 5.0, -3.0, 12.0))["base"], pieces((10.0, 5.0, -3.0, 12.0))["fall"]
    ((0.0, 10.0, 12.0, 0.0), (None, None, 3.0, None))
    """
    rows, level = [], 0.0
    for number, value in enumerate(values):
        is_level = number == 0 or (number == len(values) - 1 and math.isclose(value or 0.0, level, rel_tol=1e-9))
        if value is None:
            rows.append({"base": level})
        elif is_level:
            rows.append({"base": 0.0, "total": value})
            level = value
        else:
            rows.append(_span(level, value))
            level += value
    used = [p for p in PIECES if p in PIECES[:4] or any(p in row for row in rows)]
    return {piece: tuple(row.get(piece) for row in rows) for piece in used}


def bounds(plots: Iterable[Plot]) -> tuple[float, float]:
    """The least and the greatest place that the charts reach: their common scale. Zero always belongs to it."""
    ends = [0.0, *(end for plot in plots for end in _ends(plot))]
    return min(ends), max(ends)


def number_format(plot: Plot, lang: str, shown: Sequence[float] = ()) -> str:
    """How the values (of an axis: those `shown`) are written, as a number format of an office program; amounts in
    thousands, millions or 万, 亿.

    Formats only divide by thousands: for 万 and 亿 a point is written before the last digits of what is left.
    """
    values = shown or [v for line in plot.lines for v in line.values if v is not None]
    if plot.number == "rate":
        return "0.0%"
    if plot.number == "amount":
        scale = fmt.scale_of(values, lang)
        decimals = f".{'0' * scale.digits}" if scale.digits else ""
        return {10_000: '0\\.0,"万"', 100_000_000: '0\\.00,,"亿"', 1_000: f'#,##0{decimals},"K"',
                1_000_000: f'#,##0{decimals},,"M"', 1_000_000_000: f'#,##0{decimals},,,"B"'}.get(scale.divisor, "#,##0")
    return "#,##0" if all(float(v).is_integer() for v in values) else "#,##0.0"


class Sheet(CategoryChartData):
    """The data of a chart with a workbook in which every text is a text, whatever it begins with."""

    def __init__(self, categories: Sequence[str], series: Sequence[tuple[str, Values]], number: str) -> None:
        super().__init__(number_format=number)
        self.categories = list(categories)
        for name, values in series:
            self.add_series(name, values)

    @property
    def xlsx_blob(self) -> bytes:
        """The workbook, at the places that the chart refers to."""
        stream = io.BytesIO()
        book = xlsxwriter.Workbook(stream, {"in_memory": True})
        book.set_properties({"created": datetime(1980, 1, 1)})  # noqa: DTZ001 - equal charts, equal bytes
        page, style = book.add_worksheet("Sheet1"), book.add_format({"num_format": self.number_format})
        page.set_column(0, 0, 30)
        for row, category in enumerate(self.categories, 1):
            page.write_string(row, 0, category.label)
        for column, series in enumerate(self, 1):
            page.write_string(0, column, series.name)
            for row, value in enumerate(series.values, 1):
                if value is not None:
                    page.write_number(row, column, value, style)
        book.close()
        return stream.getvalue()


def _every_day(plot: Plot) -> Plot:
    """Curves that keep their value until it changes: on every day up to the last one that is known."""
    days = sorted((float(c), place) for place, c in enumerate(plot.categories))
    last = days[-1][0]
    is_whole = all(day.is_integer() for day, _ in days) and days[0][0] >= 0 and last <= _DAYS
    shown = [float(d) for d in range(int(last) + 1)] if is_whole else [day for day, _ in days]
    lines = tuple(replace(line, values=_held([(d, line.values[p]) for d, p in days], shown)) for line in plot.lines)
    return replace(plot, categories=tuple(f"{day:g}" for day in shown), lines=lines)


def _held(known: Sequence[tuple[float, float | None]], shown: Sequence[float]) -> Values:
    points = {day: value for day, value in known if value is not None}
    held: list[float | None] = []
    for day in shown:
        held.append(points.get(day, held[-1] if held and day <= max(points) else None))
    return tuple(held)


def _moving(plot: Plot) -> Plot:
    """Without the parts, first and last apart, that are zero or unknown."""
    values, last = plot.lines[0].values, len(plot.categories) - 1
    kept = [i for i, value in enumerate(values) if i in (0, last) or value]
    line = replace(plot.lines[0], values=tuple(values[i] for i in kept))
    return replace(plot, categories=tuple(plot.categories[i] for i in kept), lines=(line,))


def _span(level: float, step: float) -> dict[str, float]:
    low, high = min(level, level + step), max(level, level + step)
    name = "rise" if step > 0 else "fall"
    if low >= 0:
        return {"base": low, name: abs(step)}
    if high <= 0:
        return {"base": high, name: -abs(step)}
    return {"base": 0.0, name: high, f"{name}_below": low}


def _step(cells: Sequence[object]) -> float | None:
    """The value of a waterfall's row from what is seen of it: total, rise, fall, and their parts below zero."""
    total, rise, fall, *below = (None if c is None else float(str(c)) for c in cells)
    if total is not None or (rise is None and fall is None):
        return total
    size = abs(rise if rise is not None else fall or 0.0) + sum(abs(b) for b in below if b is not None)
    return size if rise is not None else -size


def _ends(plot: Plot) -> list[float]:
    """Where the marks of a plot end."""
    if plot.form == "waterfall":
        seen = [[v or 0.0 for v in values] for values in pieces(plot.lines[0].values).values()]
        return [part for row in zip(*seen, strict=True) for part in accumulate(row)]
    if plot.form == "stacked":
        rows = [[v for v in row if v is not None] for row in zip(*(x.values for x in plot.lines), strict=True)]
        return [sum(v for v in row if (v > 0) == up) for row in rows for up in (True, False)]
    return [v for line in plot.lines for v in line.values if v is not None]


def _distinct(texts: Iterable[str], columns: int) -> tuple[str, ...]:
    """Short texts of which no two are the same."""
    found: dict[str, int] = {}
    short = []
    for text in texts:
        kept = cut(text, columns)
        found[kept] = found.get(kept, 0) + 1
        short.append(kept if found[kept] == 1 else f"{kept} ({found[kept]})")
    return tuple(short)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
