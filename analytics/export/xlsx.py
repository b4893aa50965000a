"""A pack as a workbook: contents, a sheet per chart (typed cells and a native chart), definitions, provenance.

No cell is ever a formula or a link: texts are written as texts, whatever they begin with.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from analytics import columns
from analytics.cards import Card, Look
from analytics.charts.style import ink, palette
from analytics.export.plot import Plot, plot_of
from analytics.metrics.registry import REGISTRY
from analytics.review.slides import Slide
from analytics.review.stamp import Stamp
from analytics.view_words import period_words
from data.errors import MvpodError

#: What a workbook can hold: rows of a sheet (one is the heading), characters of a cell.
MAX_ROWS, MAX_CHARS = 1_048_576, 32_767
#: The first row of a card's table; above it stand title, what is measured and the comment.
FIRST_ROW = 5
_FORMATS = {"rate": "0.0%", "times": "0.0%", "days": "0.0", "amount": "#,##0.00", "number": "#,##0", "points": "0.0",
            "date": "yyyy-mm-dd", "instant": "yyyy-mm-dd hh:mm", "year": "0"}
_CHARTS: Mapping[str, Mapping[str, str]] = {
    "bar": {"type": "bar"}, "column": {"type": "column"}, "stacked": {"type": "bar", "subtype": "stacked"},
    "funnel": {"type": "bar"}, "line": {"type": "line"}, "step": {"type": "line"}, "waterfall": {"type": "column"},
}


def xlsx_bytes(slides: Sequence[Slide], look: Look, stamp: Stamp) -> bytes:
    """The workbook of a pack; MvpodError E_EXPORT_ROWS where a chart has more rows than a sheet can hold."""
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
               "nan_inf_to_errors": False, "remove_timezone": True}
    book = xlsxwriter.Workbook(stream, options)
    book.set_properties({"title": stamp.organisation, "subject": stamp.words, "author": stamp.app,
                         "comments": f"load {stamp.load}, sha256 {stamp.sha256}"})
    styles = _Styles(book)
    contents = book.add_worksheet(look.t("pack.contents"))
    names = _sheet_names(slides)
    for slide in slides:
        for card in slide.cards:
            _card_sheet(book, book.add_worksheet(names[id(card)]), card, slide, look, styles)
    _contents(contents, slides, names, look, stamp, styles)
    _definitions(book.add_worksheet(look.t("pack.definitions")), slides, look, styles)
    _provenance(book.add_worksheet(look.t("pack.provenance")), look, stamp, styles)
    book.close()
    return stream.getvalue()


class _Styles:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[str, Format] = {}
        self.title = book.add_format({"bold": True, "font_size": 14, "text_wrap": False})
        self.head = book.add_format({"bold": True, "bottom": 1})
        self.muted = book.add_format({"font_color": "#4A5563"})
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top"})

    def of(self, kind: str) -> Format | None:
        """The number format of a kind of column."""
        if kind not in _FORMATS:
            return None
        if kind not in self._made:
            self._made[kind] = self._book.add_format({"num_format": _FORMATS[kind]})
        return self._made[kind]


def _sheet_names(slides: Sequence[Slide]) -> dict[int, str]:
    """Card -> name of its sheet: number and key, because titles are too long and may hold what a sheet name may not."""
    cards = [card for slide in slides for card in slide.cards]
    return {id(card): f"{number:02d} {re.sub('[^A-Za-z0-9]+', ' ', card.key)}"[:31]
            for number, card in enumerate(cards, 1)}


def _card_sheet(book: Workbook, sheet: Worksheet, card: Card, slide: Slide, look: Look, styles: _Styles) -> None:
    sheet.write_string(0, 0, _cut(card.title), styles.title)
    period = period_words(card.view, look.lang) if card.with_period else ""
    sheet.write_string(1, 0, _cut(" · ".join(filter(None, [card.measured, period, *card.notes]))), styles.muted)
    if slide.part == 0 and slide.item.comment:
        sheet.write_string(2, 0, _cut(slide.item.comment))
    frame = _table(card, look)
    if len(frame) + FIRST_ROW > MAX_ROWS:
        raise MvpodError("E_EXPORT_ROWS", title=card.title, found=len(frame), limit=MAX_ROWS - FIRST_ROW)
    for place, name in enumerate(frame.columns):
        kind = columns.kind(name, card.kinds)
        sheet.write_string(FIRST_ROW - 1, place, _cut(columns.label(name, look.lang)), styles.head)
        for row, value in enumerate(frame[name], FIRST_ROW):
            _cell(sheet, row, place, value, styles.of(kind))
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.freeze_panes(FIRST_ROW, 0)
    sheet.autofilter(FIRST_ROW - 1, 0, FIRST_ROW - 1 + len(frame), max(len(frame.columns) - 1, 0))
    sheet.set_column(0, max(len(frame.columns) - 1, 0), 14)
    plot = plot_of(card, look)
    if plot:
        _chart(book, sheet, card, plot, look, len(frame), len(frame.columns))


def _table(card: Card, look: Look) -> pd.DataFrame:
    """The columns that a page shows first, then the others: nothing that was calculated is left out."""
    first = [c for c in (card.columns or ()) if c in card.frame.columns]
    return columns.prepared(card.frame[[*first, *(c for c in card.frame.columns if c not in first)]], look.lang,
                            look.settings)


def _cell(sheet: Worksheet, row: int, column: int, value: Any, style: Format | None) -> None:
    """One typed cell; what is not known is an empty one."""
    if isinstance(value, (list, tuple)):
        sheet.write_string(row, column, _cut(", ".join(map(str, value))))
    elif value is None or pd.isna(value):
        return
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, (datetime, date)):
        sheet.write_datetime(row, column, value, style)
    elif isinstance(value, (int, float)) or hasattr(value, "dtype"):
        sheet.write_number(row, column, float(value), style)
    else:
        sheet.write_string(row, column, _cut(str(value)))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_CHARS else f"{text[: MAX_CHARS - 1]}…"


def _chart(book: Workbook, sheet: Worksheet, card: Card, plot: Plot, look: Look, rows: int, width: int) -> None:
    """A native chart below the table, fed by cells of its own: categories and series as they are drawn."""
    first = FIRST_ROW + rows + 2
    sheet.write_string(first - 1, 0, look.t("pack.chart_data"))
    for row, category in enumerate(plot.categories, first + 1):
        sheet.write_string(row, 0, category)
    chart = book.add_chart(dict(_CHARTS[plot.form]))
    last, colour = first + len(plot.categories), ink("light", card.segment, look.names.order)
    for column, line in enumerate(plot.lines, 1):
        sheet.write_string(first, column, line.name or card.title[:80])
        for row, value in enumerate(line.values, first + 1):
            if value is not None:
                sheet.write_number(row, column, value)
        chart.add_series({
            "name": [sheet.name, first, column], "categories": [sheet.name, first + 1, 0, last, 0],
            "values": [sheet.name, first + 1, column, last, column], "gap": 60,
            **_notation(line.role, colour.actual, colour.comparison, plot, column)})
    chart.set_title({"name": card.title[:200], "name_font": {"size": 11, "bold": True}, "overlay": False})
    chart.set_legend({"none": True} if len(plot.lines) == 1 else {"position": "bottom"})
    numbers = {"num_format": _FORMATS.get(plot.number, "#,##0"), "major_gridlines": {"visible": False}}
    if _CHARTS[plot.form]["type"] == "bar":
        chart.set_x_axis(numbers)
        chart.set_y_axis({"reverse": True})
    else:
        chart.set_y_axis(numbers)
    chart.show_blanks_as("gap")
    chart.set_size({"width": 720, "height": 380})
    sheet.insert_chart(first - 1, max(len(plot.lines) + 2, 4), chart)


def _notation(role: str, actual: str, comparison: str, plot: Plot, number: int) -> dict[str, Any]:
    """Solid, light, outlined or hatched (IBCS)."""
    if plot.form in ("line", "step"):
        shades = [actual, comparison, *palette("light").colorway]
        colour = shades[(number - 1) % len(shades)] if len(plot.lines) > 2 else (actual, comparison)[number - 1]
        dash = {"standard": "dash", "forecast": "round_dot"}.get(role, "solid")
        return {"line": {"color": colour, "width": 2, "dash_type": dash}}
    if role == "standard":
        return {"fill": {"none": True}, "border": {"color": actual, "width": 1.25}}
    if role == "forecast":
        return {"pattern": {"pattern": "wide_upward_diagonal", "fg_color": actual, "bg_color": "#FFFFFF"}}
    shade = comparison if role == "comparison" else actual
    return {"fill": {"color": shade}, "border": {"none": True}}


def _contents(sheet: Worksheet, slides: Sequence[Slide], names: Mapping[int, str], look: Look, stamp: Stamp,
              styles: _Styles) -> None:
    sheet.write_string(0, 0, _cut(stamp.organisation or look.t("pack.title")), styles.title)
    sheet.write_string(1, 0, _cut(stamp.words), styles.muted)
    for place, key in enumerate(("pack.sheet", "pack.finding", "pack.comment")):
        sheet.write_string(3, place, look.t(key), styles.head)
    row = 4
    for slide in slides:
        for card in slide.cards:
            sheet.write_string(row, 0, names[id(card)])
            sheet.write_string(row, 1, _cut(card.title), styles.wrapped)
            sheet.write_string(row, 2, _cut(slide.item.comment if slide.part == 0 else ""), styles.wrapped)
            row += 1
        if slide.missing:
            sheet.write_string(row, 1, _cut(f"{slide.item.card}: {slide.missing}"), styles.wrapped)
            row += 1
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 2, 70)


def _definitions(sheet: Worksheet, slides: Sequence[Slide], look: Look, styles: _Styles) -> None:
    """Every metric that is shown: name, definition, formula, who is in it, source."""
    for place, key in enumerate(("metric", "definition", "formula", "population", "source")):
        sheet.write_string(0, place, look.t(f"pack.{key}"), styles.head)
    keys = {card.definition_key for slide in slides for card in slide.cards if card.definition_key}
    for row, metric in enumerate((REGISTRY[key] for key in sorted(keys)), 1):
        told = (f"{metric.label[look.lang]} ({metric.key})", metric.definition[look.lang], metric.formula,
                metric.population[look.lang], metric.source)
        for place, text in enumerate(told):
            sheet.write_string(row, place, _cut(text), styles.wrapped)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 4, 60)


def _provenance(sheet: Worksheet, look: Look, stamp: Stamp, styles: _Styles) -> None:
    """What the figures are of, for people in words and for `mvpod verify` as one text (split where it is long)."""
    told = {"pack.view": stamp.words, "pack.link": stamp.link, "pack.as_of": stamp.as_of, "pack.load": str(stamp.load),
            "pack.app": stamp.app, "pack.rows": str(stamp.rows), "pack.hash": stamp.sha256}
    for row, (key, text) in enumerate(told.items()):
        sheet.write_string(row, 0, look.t(key), styles.head)
        sheet.write_string(row, 1, _cut(text))
    text = stamp.to_text()
    sheet.write_string(len(told) + 1, 0, STAMP)
    for place, start in enumerate(range(0, len(text), MAX_CHARS)):
        sheet.write_string(len(told) + 1, 1 + place, text[start : start + MAX_CHARS])
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 100)


#: Marks the cell after which the stamp stands.
STAMP = "mvpod-stamp"
