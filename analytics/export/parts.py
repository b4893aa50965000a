"""What all files have in common: a card's table and what is said of it, names of files, a zip with its stamp."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from analytics import columns
from analytics import format as fmt
from analytics.cards import Card, Look
from analytics.review.slides import Slide
from analytics.review.stamp import Stamp, from_text, plain
from analytics.view_words import period_words

#: The file of a zip in which the stamp stands.
PROVENANCE = "provenance.json"
_CONTROL = {code: " " for code in (*range(32), 127, 0xFFFE, 0xFFFF) if code not in (9, 10, 13)}


def numbered(slides: Sequence[Slide]) -> Iterator[tuple[int, Card, Slide]]:
    """All cards with their place in `stamp.cards`, from 0."""
    yield from ((place, card, slide) for place, (card, slide) in enumerate(
        (card, slide) for slide in slides for card in slide.cards))


def caption(card: Card, look: Look) -> str:
    """What is measured, in which period, of how many (plain text)."""
    period = period_words(card.view, look.lang) if card.with_period else ""
    return " · ".join(filter(None, [card.measured, period,
                                    "" if card.n is None else look.t("common.n", n=fmt.number(card.n, look.lang))]))


def table(card: Card, look: Look) -> pd.DataFrame:
    """The columns that a page shows first, then the others: nothing that was calculated is left out. Keys (stages,
    segments …) by their names, lists as text, and no character that a document cannot hold."""
    first = [c for c in (card.columns or ()) if c in card.frame.columns]
    frame = columns.prepared(card.frame[[*first, *(c for c in card.frame.columns if c not in first)]], look.lang,
                             look.settings)
    for name in frame.columns[~frame.dtypes.map(pd.api.types.is_numeric_dtype).to_numpy()]:
        frame[name] = frame[name].astype("object").map(_held)
    return frame


def labels(names: Sequence[str], lang: str) -> list[str]:
    """What the columns are called, each differently: where two have one name, their keys stand behind it."""
    said = [columns.label(name, lang) for name in names]
    return [text if said.count(text) == 1 else f"{text} ({name})" for name, text in zip(names, said, strict=True)]


def text(value: str) -> str:
    """A text without characters that no document can hold (control characters, halves of a character)."""
    return value.encode("utf-8", "replace").decode().translate(_CONTROL)


def _held(value: object) -> object:
    if isinstance(value, str):
        return text(value)
    return ", ".join(plain(v) for v in value) if isinstance(value, (list, tuple)) else value


def file_name(place: int, card: Card, ending: str) -> str:
    """A fixed pattern of plain characters: nothing of the data gets into a file name."""
    return f"{place + 1:02d}-{re.sub('[^a-z0-9]+', '-', card.key.lower()).strip('-')}.{ending}"


def zipped(files: Mapping[str, bytes], stamp: Stamp) -> bytes:
    """The files and the stamp in one zip; equal content gives equal bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**files, PROVENANCE: f"{stamp.to_text()}\n".encode()}.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def unzipped(data: bytes, ending: str) -> dict[int, bytes]:
    """Place of the card -> its file, of a zip that `zipped` made."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {int(name.split("-")[0]) - 1: archive.read(name) for name in archive.namelist()
                if name.endswith(f".{ending}")}


def zip_stamp(data: bytes) -> Stamp:
    """The stamp of a zip; ValueError or KeyError where there is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return from_text(archive.read(PROVENANCE).decode())
    except zipfile.BadZipFile as error:
        raise ValueError("no zip") from error
