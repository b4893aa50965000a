"""A pack as a workbook: contents, a sheet per chart (native chart and typed cells), definitions, provenance.

No cell is ever a formula or a link: texts are written as texts, whatever they begin with. A sheet shows the columns
that the page shows; the others are folded behind them. Numbers keep all their digits.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zipfile import BadZipFile

import pandas as pd
import xlsxwriter
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from analytics import columns
from analytics.cards import Card, Look
from analytics.charts.style import columns_of
from analytics.export import parts, xlsx_charts
from analytics.export.plot import plot_of
from analytics.export.pptx_sheet import drawn, number_format
from analytics.metrics.registry import REGISTRY
from analytics.review import figures
from analytics.review.pack import called
from analytics.review.slides import Slide
from analytics.review.stamp import Stamp, from_text, plain
from data.errors import MvpodError

#: What a workbook can hold: rows of a sheet, characters of a cell; its first day.
MAX_ROWS, MAX_CHARS, FIRST_DAY = 1_048_576, 32_767, date(1900, 3, 1)
#: Marks the cell after which the stamp stands.
STAMP = "mvpod-stamp"
#: Pixels of a character of a column's width, the width of a column of which nothing is said, and that of a page.
_PIXELS, _USUAL, _PAGE = 7, 8.43, 150
#: The row of the chart, or of the table where there is none; rows that a chart takes.
_TOP, _CHART_ROWS = 4, 21
_FORMATS = {"rate": "0.0%", "times": "0.0%", "days": "0.0", "amount": "#,##0", "number": "#,##0", "points": "0.0",
            "signed": "+0.0;-0.0;0.0", "pp": "+0.0%;-0.0%;0.0%", "date": "yyyy-mm-dd",
            "instant": "yyyy-mm-dd hh:mm", "year": "0"}


def xlsx_bytes(slides: Sequence[Slide], look: Look, stamp: Stamp) -> bytes:
    """The workbook of a pack; MvpodError E_EXPORT_ROWS where a chart has more rows than a sheet can hold."""
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
               "nan_inf_to_errors": False, "remove_timezone": True}
    book = xlsxwriter.Workbook(stream, options)
    book.worksheet_class = _Sheet
    book.set_properties({"title": parts.text(stamp.organisation), "subject": parts.text(stamp.words),
                         "author": stamp.app, "comments": f"load {stamp.load}, sha256 {stamp.sha256}",
                         "created": datetime.fromisoformat(stamp.as_of)})
    styles = _Styles(book)
    contents = book.add_worksheet(look.t("pack.contents"))
    names = {place: f"{place + 1:02d} {re.sub('[^A-Za-z0-9]+', ' ', card.key).strip()}"[:31].strip()
             for place, card, _ in parts.numbered(slides)}
    for place, card, slide in parts.numbered(slides):
        _card_sheet(book, book.add_worksheet(names[place]), card, slide, look, styles)
    _contents(contents, slides, names, look, stamp, styles)
    _definitions(book.add_worksheet(look.t("pack.definitions")), slides, look, styles)
    _provenance(book.add_worksheet(look.t("pack.provenance")), look, stamp, styles)
    for sheet in book.worksheets():
        _paper(sheet, look, stamp)
    book.close()
    return stream.getvalue()


def written(card: Card, look: Look) -> pd.DataFrame:
    """The table that stands on the sheet of a card, as plain cells (analytics/review/figures.py)."""
    table = parts.table(card, look)
    for name in table.columns[~table.dtypes.map(pd.api.types.is_numeric_dtype).to_numpy()]:
        table[name] = table[name].map(lambda value: _cut(value) if isinstance(value, str) else value)
    return figures.cells(table.set_axis(parts.labels(table.columns, look.lang), axis="columns"))


def read_stamp(data: bytes) -> Stamp:
    """The stamp of a workbook; ValueError where there is none."""
    for sheet in reversed(_opened(data).worksheets):
        for row in sheet.iter_rows(values_only=True):
            if row and row[0] == STAMP:
                return from_text("".join(str(cell) for cell in row[1:] if cell is not None))
    raise ValueError("no stamp")


def read_figures(data: bytes) -> dict[int, pd.DataFrame]:
    """Place of the card -> the table that stands on its sheet."""
    found = {}
    for sheet in _opened(data).worksheets:
        if (number := re.match(r"(\d{2,}) ", sheet.title)) and sheet.auto_filter.ref:
            names, *rows = ([cell.value for cell in row] for row in sheet[sheet.auto_filter.ref])
            found[int(number[1]) - 1] = figures.cells(pd.DataFrame(rows, columns=[plain(n) for n in names],
                                                                   dtype="object"))
    return found


def _opened(data: bytes) -> Any:
    try:
        return load_workbook(io.BytesIO(data), data_only=True)
    except (InvalidFileException, BadZipFile, OSError, KeyError) as error:
        raise ValueError("no workbook") from error


class _Sheet(Worksheet):
    """A sheet whose numbers have all their digits: the library writes sixteen, a double can need seventeen."""

    def _xml_number_element(self, number: float, attributes: Sequence[tuple[str, object]] = ()) -> None:
        told = "".join(f' {key}="{self._escape_attributes(value)}"' for key, value in attributes)
        self.fh.write(f"<c{told}><v>{number!r}</v></c>")


class _Styles:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[str, Format] = {}
        self.title = book.add_format({"bold": True, "font_size": 14, "text_wrap": True, "valign": "top"})
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.head_right = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top",
                                           "align": "right"})
        self.muted = book.add_format({"font_color": "#4A5563", "text_wrap": True, "valign": "top"})
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top"})

    def of(self, kind: str) -> Format | None:
        """The format of a kind of column."""
        return self.number(_FORMATS[kind]) if kind in _FORMATS else None

    def number(self, form: str) -> Format:
        """A number format."""
        if form not in self._made:
            self._made[form] = self._book.add_format({"num_format": form})
        return self._made[form]


def _card_sheet(book: Workbook, sheet: Worksheet, card: Card, slide: Slide, look: Look, styles: _Styles) -> None:
    """Finding, what is measured, comment; the chart; the table; the cells of the chart."""
    plot = plot_of(card, look)
    plot = drawn(plot) if plot else None
    frame, head = parts.table(card, look), _TOP + (_CHART_ROWS if plot else 0)
    below = head + len(frame) + 3
    if below + (len(plot.categories) + 1 if plot else 0) > MAX_ROWS:
        raise MvpodError("E_EXPORT_ROWS", title=card.title, found=len(frame), limit=MAX_ROWS - head - 3)
    last = _table(sheet, head, frame, card, look, styles)
    said = " · ".join(filter(None, [parts.caption(card, look), *card.notes]))
    for row, (text, style, size) in enumerate(((card.title, styles.title, 14), (said, styles.muted, 11),
                                               (slide.item.comment if slide.part == 0 else "", styles.wrapped, 11))):
        if text:
            _across(sheet, row, last, text, style, size)
    if plot:
        sheet.write_string(below - 1, 0, look.t("pack.chart_data"), styles.head)
        number = styles.number(number_format(plot, look.lang))
        xlsx_charts.add(book, sheet, (_TOP - 1, 0), (below, 0), card, plot, look, number)


def _across(sheet: Worksheet, row: int, last: int, text: str, style: Format, size: int) -> None:
    """A text over all columns that are printed, in as many lines as it needs."""
    if last:
        sheet.merge_range(row, 0, row, last, "", style)
    sheet.write_string(row, 0, _cut(text), style)
    sheet.set_row(row, size * 1.45 * _lines(text, _PAGE * 11 / size))


def _lines(text: str, width: float) -> int:
    """Lines that a text takes in a cell so many characters wide."""
    return sum(max(1, math.ceil(columns_of(line) * 1.1 / width)) for line in text.splitlines()) or 1


def _table(sheet: Worksheet, head: int, frame: pd.DataFrame, card: Card, look: Look, styles: _Styles) -> int:
    """The rows of a card as typed cells; columns that the page does not show are folded. Gives the last column that is
    printed: as many as can be read on a page, at least as wide as the chart."""
    labels, width, last = parts.labels(frame.columns, look.lang), 0.0, 0
    shown = len([c for c in card.columns or () if c in frame.columns]) or len(frame.columns)
    for place, (name, label) in enumerate(zip(frame.columns, labels, strict=True)):
        style = styles.of(columns.kind(name, card.kinds))
        if style is None and pd.api.types.is_float_dtype(frame[name]):
            style = styles.number("#,##0.00")
        is_number = pd.api.types.is_numeric_dtype(frame[name])
        sheet.write_string(head, place, _cut(label), styles.head_right if is_number else styles.head)
        for row, value in enumerate(frame[name], head + 1):
            _cell(sheet, row, place, value, style, styles)
        is_folded = place >= shown
        wide = _width(label, frame[name])
        width += 0 if is_folded else wide
        last = place if width <= _PAGE and not is_folded else last
        sheet.set_column(place, place, wide, None, {"level": 1, "hidden": 1} if is_folded else {})
    sheet.set_row(head, 32)
    sheet.autofilter(head, 0, head + len(frame), max(len(labels) - 1, 0))
    sheet.repeat_rows(head)
    missing = math.ceil(max(0.0, xlsx_charts.WIDTH / _PIXELS - width) / _USUAL)
    last = len(labels) - 1 + missing if missing else last
    sheet.print_area(0, 0, head + len(frame), last)
    return last


def _width(label: str, values: pd.Series) -> float:
    """As wide as the values and half of the heading (two lines) want, within bounds."""
    told = (v if isinstance(v, str) else f"{v:,.0f}" if isinstance(v, (int, float)) else "2026-01-01"
            for v in values.head(200) if v is not None)
    return min(max(9, max(map(columns_of, told), default=0) + 2, math.ceil(columns_of(label) / 2) + 3), 34)


def _cell(sheet: Worksheet, row: int, column: int, value: Any, style: Format | None, styles: _Styles) -> None:
    """One typed cell; what is not known is an empty one, what a sheet cannot count with is text."""
    if value is None or pd.isna(value):
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, date) and (value.date() if isinstance(value, datetime) else value) >= FIRST_DAY:
        kind = "instant" if isinstance(value, datetime) and value.time() != datetime.min.time() else "date"
        sheet.write_datetime(row, column, value, styles.of(kind))
    elif (isinstance(value, (int, float)) or hasattr(value, "dtype")) and math.isfinite(float(value)):
        sheet.write_number(row, column, float(value), style)
    else:
        sheet.write_string(row, column, _cut(value if isinstance(value, str) else plain(value)))


def _cut(text: str) -> str:
    text = parts.text(text)
    return text if len(text) <= MAX_CHARS else f"{text[: MAX_CHARS - 1]}…"


def _paper(sheet: Worksheet, look: Look, stamp: Stamp) -> None:
    """Printed on A4 across, one page wide, with load, day and page below."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer(f"&L{look.t('pack.load')} {stamp.load} · {stamp.as_of}&R&P / &N")


def _contents(sheet: Worksheet, slides: Sequence[Slide], names: Mapping[int, str], look: Look, stamp: Stamp,
              styles: _Styles) -> None:
    """Which sheet says what, and what could not be shown."""
    _across(sheet, 0, 2, stamp.organisation or look.t("pack.title"), styles.title, 14)
    _across(sheet, 1, 2, stamp.words, styles.muted, 11)
    for place, key in enumerate(("pack.sheet", "pack.finding", "pack.comment")):
        sheet.write_string(3, place, look.t(key), styles.head)
    sheets = iter(names.values())
    row = 4
    for slide in slides:
        for text in (card.title for card in slide.cards):
            comment = slide.item.comment if slide.part == 0 else ""
            sheet.write_string(row, 0, next(sheets), styles.wrapped)
            sheet.write_string(row, 1, _cut(text), styles.wrapped)
            sheet.write_string(row, 2, _cut(comment), styles.wrapped)
            sheet.set_row(row, 16 * max(_lines(text, 70), _lines(comment, 70)))
            row += 1
        if slide.missing:
            name = called(slide.item, look.lang, look.settings)
            missing = f"{name}: {slide.missing}"
            sheet.write_string(row, 1, _cut(missing), styles.wrapped)
            sheet.set_row(row, 16 * _lines(missing, 70))
            row += 1
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 2, 70)


#: Widths of the columns of the definitions: metric, definition, formula, population, source.
_DEFINED = (26, 56, 44, 44, 14)


def _definitions(sheet: Worksheet, slides: Sequence[Slide], look: Look, styles: _Styles) -> None:
    """Every metric that is shown: name, definition, formula, who is in it, source."""
    for place, key in enumerate(("metric", "definition", "formula", "population", "source")):
        sheet.write_string(0, place, look.t(f"pack.{key}"), styles.head)
    keys = {card.definition_key for slide in slides for card in slide.cards if card.definition_key}
    for row, metric in enumerate((REGISTRY[key] for key in sorted(keys)), 1):
        told = (f"{metric.label[look.lang]} ({metric.key})", metric.definition[look.lang], metric.formula[look.lang],
                metric.population[look.lang], metric.source)
        for place, text in enumerate(told):
            sheet.write_string(row, place, _cut(text), styles.wrapped)
        sheet.set_row(row, 16 * max(_lines(text, width) for text, width in zip(told, _DEFINED, strict=True)))
    for place, width in enumerate(_DEFINED):
        sheet.set_column(place, place, width)


def _provenance(sheet: Worksheet, look: Look, stamp: Stamp, styles: _Styles) -> None:
    """What the figures are of, for people in words and for `mvpod verify` as one text (split where it is long)."""
    told = {"pack.view": stamp.words, "pack.link": stamp.link, "pack.as_of": stamp.as_of, "pack.load": str(stamp.load),
            "pack.app": stamp.app, "pack.rows": str(stamp.rows), "pack.hash": stamp.sha256}
    for row, (key, text) in enumerate(told.items()):
        sheet.write_string(row, 0, look.t(key), styles.head)
        sheet.write_string(row, 1, _cut(text))
    text = stamp.to_text()
    sheet.set_row(len(told) + 1, None, None, {"hidden": True})
    sheet.write_string(len(told) + 1, 0, STAMP)
    for place, start in enumerate(range(0, len(text), MAX_CHARS)):
        sheet.write_string(len(told) + 1, 1 + place, text[start : start + MAX_CHARS])
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 100)

