"""Native charts of a workbook, fed by cells that everybody can see and edit, in the notation of all charts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from analytics.cards import Card, Look
from analytics.charts.style import ink, palette
from analytics.export.plot import Line, Plot
from analytics.export.pptx_sheet import number_format, pieces

WIDTH, HEIGHT = 760, 400
_TYPES: Mapping[str, Mapping[str, str]] = {
    "bar": {"type": "bar"}, "funnel": {"type": "bar"}, "column": {"type": "column"},
    "stacked": {"type": "bar", "subtype": "stacked"}, "waterfall": {"type": "bar", "subtype": "stacked"},
    "line": {"type": "line"}, "step": {"type": "line"},
}
#: Labels that an axis of days or months has room for.
_LABELS = 12


def add(book: Workbook, sheet: Worksheet, place: tuple[int, int], cells: tuple[int, int], card: Card, plot: Plot,
        look: Look, number: Format) -> None:
    """The chart at `place`; its categories and series stand in cells from `cells` on (row and column, from 0)."""
    lines = _lines(plot)
    first, left = cells
    for row, category in enumerate(plot.categories, first + 1):
        sheet.write_string(row, left, category)
    chart = book.add_chart(dict(_TYPES[plot.form]))
    last = first + len(plot.categories)
    for column, (line, paint) in enumerate(zip(lines, _paints(plot, lines, card, look), strict=True), left + 1):
        sheet.write_string(first, column, line.name)
        for row, value in enumerate(line.values, first + 1):
            if value is not None:
                sheet.write_number(row, column, value, number)
        chart.add_series({
            "name": [sheet.name, first, column], "categories": [sheet.name, first + 1, left, last, left],
            "values": [sheet.name, first + 1, column, last, column], "gap": 50, **paint})
    _axes(chart, plot, look)
    chart.set_title({"none": True})
    chart.set_legend({"none": True} if len(plot.lines) == 1 else {"position": "bottom"})
    chart.show_blanks_as("gap")
    chart.set_size({"width": WIDTH, "height": HEIGHT})
    sheet.insert_chart(*place, chart, {"object_position": 2, "description": card.title[:250]})


def _lines(plot: Plot) -> list[Line]:
    """The series as they are drawn: a waterfall is an invisible base and what stands on it."""
    if plot.form != "waterfall":
        return list(plot.lines)
    name = plot.lines[0].name
    return [Line(f"{name} ({piece})", "actual", values) for piece, values in pieces(plot.lines[0].values).items()]


def _paints(plot: Plot, lines: list[Line], card: Card, look: Look) -> list[dict[str, Any]]:
    """How each series is drawn: actual solid, comparison light, standard outlined, forecast hatched (IBCS)."""
    own, colours = ink("export", card.segment, look.names.order), palette("export")
    if plot.form == "waterfall":
        shades = {"total": own.actual, "rise": colours.good, "fall": colours.bad}
        return [_fill(shades.get(piece.removesuffix("_below"))) for piece in pieces(plot.lines[0].values)]
    others = iter([*(i.actual for i in colours.others), colours.neutral.actual] * len(lines))
    found, is_first = [], True
    for line in lines:
        shade = own.comparison if line.role == "comparison" else \
            own.actual if is_first or line.role != "actual" else next(others)
        is_first = is_first and line.role != "actual"
        found.append(_stroke(line, shade) if plot.form in ("line", "step") else
                     {**_mark(line, shade), **_labels(plot, look)})
    return found


def _fill(colour: str | None) -> dict[str, Any]:
    return {"fill": {"color": colour} if colour else {"none": True}, "border": {"none": True}}


def _mark(line: Line, shade: str) -> dict[str, Any]:
    if line.role == "standard":
        return {"fill": {"none": True}, "border": {"color": shade, "width": 1.25}}
    if line.role == "forecast":
        return {"pattern": {"pattern": "wide_upward_diagonal", "fg_color": shade, "bg_color": "#FFFFFF"},
                "border": {"color": shade}}
    return _fill(shade)


def _stroke(line: Line, shade: str) -> dict[str, Any]:
    dash = {"standard": "dash", "forecast": "round_dot"}.get(line.role, "solid")
    is_alone = any(v is not None and (i == 0 or line.values[i - 1] is None)
                   and (i + 1 == len(line.values) or line.values[i + 1] is None) for i, v in enumerate(line.values))
    return {"line": {"color": shade, "width": 2, "dash_type": dash},
            "marker": {"type": "circle", "size": 5, "fill": {"color": shade}, "border": {"color": shade}}
            if is_alone else {"type": "none"}}


def _labels(plot: Plot, look: Look) -> dict[str, Any]:
    """Numbers on the marks; the parts of a stacked bar have no room for them."""
    if plot.form == "stacked":
        return {}
    return {"data_labels": {"value": True, "num_format": number_format(plot, look.lang), "font": {"size": 9}}}


def _axes(chart: Any, plot: Plot, look: Look) -> None:
    form = number_format(plot, look.lang)
    numbers: dict[str, Any] = {"num_format": form, "major_gridlines": {"visible": False}, "num_font": {"size": 9}}
    places: dict[str, Any] = {"num_font": {"size": 9}, "label_position": "low", "major_tick_mark": "none"}
    if plot.form in ("line", "step"):
        step = math.ceil(len(plot.categories) / _LABELS)
        places |= {"interval_unit": step, "interval_tick": step}
        if plot.number == "rate":
            numbers = {**numbers, "min": 0, "num_format": "0%"}
    if _TYPES[plot.form]["type"] == "bar":
        chart.set_x_axis({**numbers, "visible": plot.form == "stacked"})
        chart.set_y_axis({**places, "reverse": True})
    else:
        chart.set_x_axis(places)
        chart.set_y_axis(numbers)
