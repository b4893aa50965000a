"""The files that a pack can become, in one language or several. Each is made beside any page, by a module of its own.

Exporters are imported when they are first needed: they are large.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from analytics.review.assemble import Assembled


@dataclass(frozen=True)
class Kind:
    """A kind of file: `ending` of its name, media type, how it is made of a pack (and, where it `holds_all`, of the
    same pack in further languages), and whether that needs Chromium."""

    ending: str
    mime: str
    make: Callable[[Assembled, bytes | None, Sequence[Assembled]], bytes]
    needs_browser: bool = False
    holds_all: bool = False


def made(kind: str, packs: Sequence[Assembled], template: bytes | None = None) -> dict[str, bytes]:
    """The files of a pack, given in one or several languages: how its name ends -> what stands in it.

    A kind that holds all languages makes one file, any other a file per language.
    """
    known, (first, *others) = KINDS[kind], packs
    if known.holds_all or not others:
        return {known.ending: known.make(first, template, others)}
    return {f".{pack.look.lang}{known.ending}": known.make(pack, template, ()) for pack in packs}


def _pptx(pack: Assembled, template: bytes | None, also: Sequence[Assembled]) -> bytes:
    from analytics.export.pptx import pptx_bytes

    return pptx_bytes(pack.slides, pack.look, pack.stamp, template, [(o.slides, o.look, o.stamp) for o in also])


def _xlsx(pack: Assembled, _template: bytes | None, _also: Sequence[Assembled]) -> bytes:
    from analytics.export.xlsx import xlsx_bytes

    return xlsx_bytes(pack.slides, pack.look, pack.stamp)


def _pdf(pack: Assembled, _template: bytes | None, _also: Sequence[Assembled]) -> bytes:
    from analytics.export.pdf import pdf_bytes

    return pdf_bytes(pack.slides, pack.look, pack.stamp)


def _pictures(kind: Literal["png", "svg"], pack: Assembled, _template: bytes | None,
              _also: Sequence[Assembled]) -> bytes:
    from analytics.export.images import picture_zip

    return picture_zip(pack.slides, pack.look, pack.stamp, kind)


def _csv(pack: Assembled, _template: bytes | None, _also: Sequence[Assembled]) -> bytes:
    from analytics.export.csv import csv_zip

    return csv_zip(pack.slides, pack.stamp)


def _parquet(pack: Assembled, _template: bytes | None, _also: Sequence[Assembled]) -> bytes:
    from analytics.export.parquet import parquet_zip

    return parquet_zip(pack.slides, pack.stamp)


_OFFICE = "application/vnd.openxmlformats-officedocument"
#: A picture or a table per card: many files, in one.
_ZIP = "application/zip"
KINDS = {
    "pptx": Kind(".pptx", f"{_OFFICE}.presentationml.presentation", _pptx, holds_all=True),
    "xlsx": Kind(".xlsx", f"{_OFFICE}.spreadsheetml.sheet", _xlsx),
    "pdf": Kind(".pdf", "application/pdf", _pdf, needs_browser=True),
    "png": Kind(".png.zip", _ZIP, partial(_pictures, "png"), needs_browser=True),
    "svg": Kind(".svg.zip", _ZIP, partial(_pictures, "svg"), needs_browser=True),
    "csv": Kind(".csv.zip", _ZIP, _csv),
    "parquet": Kind(".parquet.zip", _ZIP, _parquet),
}
