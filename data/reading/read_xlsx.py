"""XLSX: the first visible sheet as text. Dates come as ISO text by the workbook's own date system (1900 or 1904).

A workbook is a ZIP archive of XML from anybody: its sizes are checked before anything is unpacked, document type
declarations (entity bombs) and macros are refused, XML is parsed through defusedxml.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, BinaryIO
from zlib import error as ZlibError

import defusedxml.ElementTree  # noqa: F401 - openpyxl uses it by itself, but only if it is there: here it must be
import openpyxl
import pyarrow as pa
from defusedxml import DefusedXmlException
from openpyxl.utils.datetime import MAC_EPOCH
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from data.errors import MvpodError
from data.notes import Note
from data.reading.readers import RawTable, clean_header, shown, with_header
from data.reading.report_rows import without_frame
from data.settings import Import

#: A workbook that unpacks to more than this many times its size is a bomb, unless it is small altogether.
MAX_RATIO = 150
_SMALL = 64_000_000
_BATCH = 20_000
#: A header further down than this is none.
_NEAR_TOP = 40
_PIECE = 1 << 20
#: A formula whose result is not stored: the cell would read as empty.
_NO_RESULT = re.compile(rb"<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")
#: Excel keeps 15 digits: a longer whole number has lost its last ones.
_EXACT = 10**15


def read(file: BinaryIO, name: str, size: int, limits: Import) -> RawTable:
    """The first visible sheet of the workbook in `file`. Errors: see `readers.read_raw`."""
    notes: list[Note] = []
    book = _open(file, name, size, limits)
    try:
        sheet = _sheet(book, name, notes)
        first, found, titles = _header(_rows(sheet), name)
        rows = islice(_rows(sheet), first, None)
        names = clean_header(found, name, limits)
        errors: list[int] = [0]
        table = _table(_padded(rows, len(names), first, name, limits), len(names), errors)
        epoch = 1904 if book.epoch == MAC_EPOCH else 1900
    except (DefusedXmlException, zipfile.BadZipFile, ZlibError, SyntaxError, KeyError, ValueError, EOFError) as error:
        raise MvpodError("E_CORRUPT", file=name, reason=type(error).__name__) from error
    finally:
        book.close()
    if errors[0]:
        notes.append(Note.of("N_XLSX_ERRORS", file=name, count=errors[0]))
    notes.append(Note.of("N_XLSX", file=name, sheet=sheet.title, epoch=epoch))
    raw = RawTable(name, "xlsx", with_header(table, names, name), "", size, first_row=first + 1, excel_epoch=epoch,
                   notes=tuple(notes))
    return without_frame(raw, titles)


def header(file: BinaryIO, name: str, size: int, limits: Import) -> list[str | None]:
    """The header row, without the marks of a report's groups."""
    book = _open(file, name, size, limits)
    try:
        return [cell and cell.rstrip("↑↓ ") for cell in _header(_rows(_sheet(book, name, [])), name)[1]]
    except (DefusedXmlException, zipfile.BadZipFile, ZlibError, SyntaxError, KeyError, ValueError, EOFError) as error:
        raise MvpodError("E_CORRUPT", file=name, reason=type(error).__name__) from error
    finally:
        book.close()


def _open(file: BinaryIO, name: str, size: int, limits: Import) -> openpyxl.Workbook:
    _inspect(file, name, size, limits)
    file.seek(0)
    try:
        return openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl raises whatever its XML happens to trip over
        raise MvpodError("E_CORRUPT", file=name, reason=type(error).__name__) from error


def _inspect(file: BinaryIO, name: str, size: int, limits: Import) -> None:
    """Refuses, before anything is parsed: bombs, macros, other ZIP files, XML with a document type, lost formulas."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            _check_archive(archive, name, size, limits)
            for member in archive.infolist():
                if member.filename.endswith((".xml", ".rels")):
                    _scan(archive, member, name)
    except (zipfile.BadZipFile, ZlibError, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        raise MvpodError("E_CORRUPT", file=name, reason=type(error).__name__) from error


def _check_archive(archive: zipfile.ZipFile, name: str, size: int, limits: Import) -> None:
    members = {m.filename for m in archive.infolist()}
    unpacked = sum(m.file_size for m in archive.infolist())
    if any(m.flag_bits & 1 for m in archive.infolist()):
        raise MvpodError("E_XLSX_ENCRYPTED", file=name)
    if unpacked > limits.max_file_mb * 1_000_000 or (unpacked > _SMALL and unpacked > size * MAX_RATIO):
        raise MvpodError("E_XLSX_BOMB", file=name, packed=f"{size / 1e6:.1f}", unpacked=f"{unpacked / 1e6:.0f}")
    if any(m.endswith("vbaProject.bin") for m in members):
        raise MvpodError("E_XLSX_MACRO", file=name)
    if "xl/workbook.xml" not in members:
        raise MvpodError("E_FORMAT", file=name, found="ZIP archive")


def _scan(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> None:
    """Looks through one XML part in pieces that overlap, so that nothing hides at a border."""
    is_sheet = member.filename.startswith("xl/worksheets/")
    with archive.open(member) as part:
        tail = b""
        while piece := part.read(_PIECE):
            text = tail + piece
            if not tail and text[:2] in (b"\xff\xfe", b"\xfe\xff"):
                raise MvpodError("E_XLSX_XML", file=name)
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                raise MvpodError("E_XLSX_XML", file=name)
            if member.filename == "[Content_Types].xml" and b"macroEnabled" in text:
                raise MvpodError("E_XLSX_MACRO", file=name)
            if is_sheet and b"<f" in text and _NO_RESULT.search(text):
                raise MvpodError("E_XLSX_FORMULA", file=name)
            tail = text[-4096:]


def _sheet(book: openpyxl.Workbook, name: str, notes: list[Note]) -> ReadOnlyWorksheet:
    sheets = [s for s in book.worksheets if isinstance(s, ReadOnlyWorksheet)]
    seen = [s for s in sheets if s.sheet_state == "visible"]
    hidden = [shown(s.title) for s in sheets if s.sheet_state != "visible"]
    if hidden:
        notes.append(Note.of("N_XLSX_HIDDEN", file=name, sheets=hidden))
    if not seen:
        raise MvpodError("E_EMPTY", file=name)
    if len(seen) > 1:
        notes.append(Note.of("N_XLSX_SHEETS", file=name, sheet=seen[0].title, others=[s.title for s in seen[1:]]))
    seen[0].reset_dimensions()  # what the file says of its size may be wrong in both directions
    return seen[0]


def _rows(sheet: ReadOnlyWorksheet) -> Iterator[tuple[Any, ...]]:
    return sheet.iter_rows(values_only=True)


def _header(rows: Iterable[tuple[Any, ...]], name: str) -> tuple[int, list[str | None], list[str]]:
    """Row number and cells of the header, without empty cells at its end, and the titles above it: lines of one cell
    over a table, that is over two rows of several cells at least. Otherwise the header is the first row that is not
    empty."""
    found: list[tuple[int, list[str | None]]] = []
    wide: list[int] = []
    for number, row in enumerate(islice(rows, _NEAR_TOP), start=1):
        cells = [_text(v) for v in row]
        while cells and not (cells[-1] or "").strip():
            cells.pop()
        wide += [len(found)] if sum(bool((c or "").strip()) for c in cells) > 1 else []
        found += [(number, cells)] if cells else []
        if wide[:1] == [0] or len(wide) > 1:
            break
    if not found:
        raise MvpodError("E_EMPTY", file=name)
    first = wide[0] if len(wide) > 1 else 0
    return *found[first], [next(c for c in cells if c).strip() for _, cells in found[:first]]


def _padded(rows: Iterable[tuple[Any, ...]], width: int, first: int, name: str,
            limits: Import) -> Iterator[tuple[Any, ...]]:
    """Rows of exactly `width` cells; a cell beyond the header is refused with its row number."""
    for number, row in enumerate(rows, start=first + 1):
        if any(v is not None for v in row[width:]):
            raise MvpodError("E_RAGGED", file=name, row=number, expected=width, found=len(row), text="")
        yield row[:width] + (None,) * (width - len(row))


def _table(rows: Iterator[tuple[Any, ...]], width: int, errors: list[int]) -> pa.Table:
    names = [f"c{i}" for i in range(width)]
    schema = pa.schema([pa.field(n, pa.string()) for n in names])
    batches, batch, last = [], [], 0
    for count, row in enumerate(rows, start=1):
        batch.append(row)
        if any(v is not None for v in row):
            last = count
        if len(batch) == _BATCH:
            batches.append(_record_batch(batch, schema, errors))
            batch = []
    if batch:
        batches.append(_record_batch(batch, schema, errors))
    return pa.Table.from_batches(batches, schema).slice(0, last)


def _record_batch(rows: list[tuple[Any, ...]], schema: pa.Schema, errors: list[int]) -> pa.RecordBatch:
    columns = []
    for cells in zip(*rows, strict=True):
        errors[0] += sum(1 for v in cells if type(v) is str and v in _ERRORS)
        columns.append(pa.array([_text(v) for v in cells], pa.string()))
    return pa.record_batch(columns, schema=schema)


_ERRORS = {"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"}


def _text(value: Any) -> str | None:
    """A cell as text: dates in ISO form, whole numbers without '.0', error values and blanks as nothing."""
    if value is None or type(value) is str:
        return value if value and value not in _ERRORS else None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < _EXACT:
            return str(int(value))
        return repr(value) if abs(value) < _EXACT else f"{value:.14E}"
    if isinstance(value, int):
        return str(value) if abs(value) < _EXACT else f"{value:.14E}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value.total_seconds() / 86400) if isinstance(value, timedelta) else str(value)
