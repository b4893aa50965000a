"""A pack as PDF: a page per slide, charts as lines and figures as text; then all tables, definitions, provenance.

Chromium prints one page of HTML; the figures with all their digits are attached, one CSV per card. The document's
properties hold the stamp and a hash of what each page draws, so that a page that was changed later is found.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence

import pandas as pd
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from analytics.cards import Card, Look
from analytics.export import csv, parts, pdf_pages, pdf_text
from analytics.export.browser import Chromium, draw
from analytics.export.pdf_append import Appended
from analytics.review import figures
from analytics.review.slides import Slide
from analytics.review.stamp import Stamp, from_text
from data.errors import MvpodError

#: Properties of the document.
STAMP, PAGES = "/MvpodStamp", "/MvpodPages"


def pdf_bytes(slides: Sequence[Slide], look: Look, stamp: Stamp) -> bytes:
    """The document of a pack. MvpodError E_NO_BROWSER where Chromium is missing, E_BROWSER where it fails."""
    async def job(chromium: Chromium) -> bytes:
        entries = list(parts.numbered(slides))
        drawn = await chromium.charts([card.figure for _, card, _ in entries],
                                      [pdf_pages.width(slide) for *_, slide in entries])
        charts = dict(zip((place for place, *_ in entries), drawn, strict=True))
        return await chromium.pdf(pdf_pages.document(slides, charts, look, stamp))
    return _stamped(draw(job), slides, stamp)


def written(card: Card, look: Look) -> pd.DataFrame:
    """The table of a card that is attached (analytics/review/figures.py)."""
    return figures.cells(card.frame)


def read_stamp(data: bytes) -> Stamp:
    """The stamp of a document; ValueError or KeyError where there is none."""
    return from_text(_property(_opened(data), STAMP))


def read_figures(data: bytes) -> dict[int, pd.DataFrame]:
    """Place of the card -> the table that is attached; MvpodError E_PDF_EDITED where a page was changed."""
    reader = _opened(data)
    made, found = json.loads(_property(reader, PAGES)), _hashes(reader)
    changed = [n + 1 for n in range(max(len(made), len(found))) if made[n : n + 1] != found[n : n + 1]]
    if changed:
        raise MvpodError("E_PDF_EDITED", pages=changed)
    return {int(name.split("-")[0]) - 1: csv.table(content[0]) for name, content in reader.attachments.items()}


def _stamped(pdf: bytes, slides: Sequence[Slide], stamp: Stamp) -> bytes:
    """The document with figures attached, properties set, and what every page draws hashed."""
    reader, day = PdfReader(io.BytesIO(pdf)), f"D:{stamp.as_of.replace('-', '')}000000Z"
    more = Appended(pdf, reader)
    pdf_text.readable(pdf, reader, more)
    more.attach({parts.file_name(place, card, "csv"): csv.csv_bytes(card.frame)
                 for place, card, _ in parts.numbered(slides)})
    return more.document({
        "/Title": parts.text(stamp.organisation), "/Subject": parts.text(stamp.words), "/Author": stamp.app,
        "/Creator": stamp.app, "/CreationDate": day, "/ModDate": day, "/Keywords": f"load {stamp.load}",
        STAMP: stamp.to_text(), PAGES: json.dumps(_hashes(reader))})


def _hashes(reader: PdfReader) -> list[str]:
    """What each page draws, as a short hash."""
    contents = (page.get_contents() for page in reader.pages)
    return [hashlib.sha256(b"" if c is None else c.get_data()).hexdigest()[:16] for c in contents]


def _property(reader: PdfReader, name: str) -> str:
    if reader.metadata is None:
        raise ValueError("no properties")
    return str(reader.metadata[name])


def _opened(data: bytes) -> PdfReader:
    try:
        return PdfReader(io.BytesIO(data))
    except PyPdfError as error:
        raise ValueError("no PDF") from error
