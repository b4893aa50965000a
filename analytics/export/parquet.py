"""The figures as Parquet: every value with its type and all its digits, the stamp in the metadata of each file."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analytics.cards import Card, Look
from analytics.export import parts
from analytics.review import figures
from analytics.review.slides import Slide
from analytics.review.stamp import Stamp, from_text, plain

#: Under these names the stamp, the card's place in it and its finding stand in the schema.
STAMP, PLACE, TITLE = b"mvpod-stamp", b"mvpod-card", b"title"


def parquet_bytes(card: Card, place: int, stamp: Stamp) -> bytes:
    """The rows of a card as a Parquet file."""
    table = pa.Table.from_pandas(_as_shown(card.frame), preserve_index=False)
    told = {STAMP: stamp.to_text().encode(), PLACE: str(place).encode(), TITLE: parts.text(card.title).encode()}
    stream = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({**(table.schema.metadata or {}), **told}), stream)
    return stream.getvalue()


def parquet_zip(slides: Sequence[Slide], stamp: Stamp) -> bytes:
    """The figures of a pack: a Parquet file per card and the stamp."""
    return parts.zipped({parts.file_name(place, card, "parquet"): parquet_bytes(card, place, stamp)
                         for place, card, _ in parts.numbered(slides)}, stamp)


def written(card: Card, look: Look) -> pd.DataFrame:
    """What stands in the file of a card (analytics/review/figures.py)."""
    return figures.cells(card.frame)


def read_stamp(data: bytes) -> Stamp:
    """The stamp of a file or of a zip of them; ValueError or KeyError where there is none."""
    if data.startswith(b"PK"):
        return parts.zip_stamp(data)
    return from_text(_read(data).schema.metadata[STAMP].decode())


def read_figures(data: bytes) -> dict[int, pd.DataFrame]:
    """Place of the card -> the table that stands in the file, or in each file of a zip."""
    files = parts.unzipped(data, "parquet").values() if data.startswith(b"PK") else [data]
    return {int(table.schema.metadata[PLACE]): figures.cells(table.to_pandas()) for table in map(_read, files)}


def _read(data: bytes) -> pa.Table:
    try:
        return pq.read_table(io.BytesIO(data))
    except pa.ArrowInvalid as error:
        raise ValueError("no Parquet") from error


def _as_shown(frame: pd.DataFrame) -> pd.DataFrame:
    """Without what a frame drags along: a category knows all values that the whole company has, attributes anything."""
    shown = frame.copy()
    shown.attrs = {}
    for name in shown.columns:
        if isinstance(shown[name].dtype, pd.CategoricalDtype):
            shown[name] = shown[name].astype(shown[name].cat.categories.dtype)
        elif shown[name].dtype == object and not _is_of_one_type(shown[name]):
            shown[name] = shown[name].map(plain)
    return shown


def _is_of_one_type(values: pd.Series) -> bool:
    try:
        pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return False
    return True
