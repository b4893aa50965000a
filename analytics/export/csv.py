"""CSV for spreadsheets: UTF-8 with a byte order mark, and no cell that a spreadsheet would run as a formula.

Lines above or below a table would be rows of data to every program that reads it: a single table carries its stamp in
two columns behind the others, a pack is a zip of one CSV per card and the stamp beside them. Columns are called by
their keys, as docs/metrics.md and `mvpod metric` call them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from analytics.cards import Card, Look
from analytics.export import parts
from analytics.review import figures
from analytics.review.slides import Slide
from analytics.review.stamp import Stamp, from_text, plain

#: The columns of a single table that hold its view in words, and its stamp.
VIEW, STAMP = "mvpod-view", "mvpod-stamp"
#: A cell is a formula for a spreadsheet when it begins with one of these, also after blanks, quotes or line ends,
#: and in full width. The apostrophe in front makes it text in Excel, LibreOffice and WPS.
_FORMULA = re.compile(r"^[\s\"'\x00-\x1f]*[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]")


def safe_text(value: Any) -> Any:
    """`value` with an apostrophe in front if it is a text that a spreadsheet would take for a formula.

    >>> safe_text("=1+1"), safe_text("North"), safe_text(-5)
    ("'=1+1", 'North', -5)
    """
    if isinstance(value, str) and (_FORMULA.match(value) or value[:1] in ("\t", "\r", "\n")):
        return f"'{value}"
    return value


def csv_bytes(frame: pd.DataFrame, stamp: Stamp | None = None) -> bytes:
    """A table as CSV bytes. Numbers keep all their digits and stay numbers (a negative amount is no formula), days are
    ISO, unknown is an empty cell. A stamp stands in the first row, in two columns behind the others."""
    stream = io.StringIO()
    lines = csv.writer(stream, lineterminator="\r\n")
    lines.writerow([safe_text(name) for name in [*frame.columns, *([VIEW, STAMP] if stamp else [])]])
    told = [f"{stamp.words} · load {stamp.load}", stamp.to_text()] if stamp else []
    for row in frame.itertuples(index=False):
        lines.writerow([safe_text(v) if isinstance(v, str) else plain(v) for v in [*row, *told]])
        told = [""] * len(told)
    return stream.getvalue().encode("utf-8-sig", "replace")


def csv_zip(slides: Sequence[Slide], stamp: Stamp) -> bytes:
    """The figures of a pack: a CSV per card and the stamp."""
    return parts.zipped({parts.file_name(place, card, "csv"): csv_bytes(card.frame)
                         for place, card, _ in parts.numbered(slides)}, stamp)


def is_stamped(data: bytes) -> bool:
    """Is it a table with a stamp?"""
    return STAMP in data.split(b"\n", 1)[0].decode("utf-8", "replace")


def written(card: Card, look: Look) -> pd.DataFrame:
    """What stands in the file of a card (analytics/review/figures.py)."""
    return figures.cells(card.frame)


def read_stamp(data: bytes) -> Stamp:
    """The stamp of a table or of a zip of them; ValueError or KeyError where there is none."""
    return parts.zip_stamp(data) if data.startswith(b"PK") else from_text(_read(data)[STAMP].iloc[0])


def read_figures(data: bytes) -> dict[int, pd.DataFrame]:
    """Place of the card -> the table that stands in the file, or in each file of a zip."""
    if data.startswith(b"PK"):
        return {place: table(file) for place, file in parts.unzipped(data, "csv").items()}
    return {0: table(data).drop(columns=[VIEW, STAMP], errors="ignore")}


def table(file: bytes) -> pd.DataFrame:
    """The table of one CSV file that `csv_bytes` made, as plain cells."""
    return figures.cells(_read(file))


def _read(file: bytes) -> pd.DataFrame:
    names, *rows = csv.reader(io.StringIO(file.decode("utf-8-sig"), newline=""))
    return pd.DataFrame([[_meant(cell) for cell in row] for row in rows], columns=[_meant(name) for name in names],
                        dtype="object")


def _meant(cell: str) -> str:
    """The text before `safe_text` saved it: what begins like a formula always got its apostrophe there."""
    return cell[1:] if cell[:1] == "'" and safe_text(cell[1:]) == cell else cell
