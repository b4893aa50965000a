"""Where a chart can neither be native nor a picture: its first rows as a table of the office program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from pptx.util import Emu, Pt

from analytics import columns
from analytics import format as fmt
from analytics.cards import Card, Look
from analytics.export import pptx_text
from analytics.export.pptx_charts import Box

#: Points a row, points of its text, columns, Latin widths of a cell
_ROW, _SIZE, _COLUMNS, _WIDTH = 20, 9, 6, 30
_SHOWN: dict[str, Callable[..., str]] = {"rate": fmt.rate, "times": fmt.share_or_times, "days": fmt.days,
                                          "amount": fmt.amount}


def add_table(shapes: Any, card: Card, look: Look, box: Box) -> int:
    """The rows that fit, in the order of the card; gives how many are not shown."""
    names = [c for c in (card.columns or card.frame.columns) if c in card.frame.columns][:_COLUMNS]
    room = max(int(Emu(box[3]).pt // _ROW) - 1, 1)
    shown = columns.prepared(card.frame[names].head(room), look.lang, look.settings)
    frame = shapes.add_table(len(shown) + 1, len(names), box[0], box[1], box[2], Pt(_ROW) * (len(shown) + 1))
    for place, name in enumerate(names):
        kind = columns.kind(name, card.kinds)
        texts = [columns.label(name, look.lang), *(_words(value, kind, look.lang) for value in shown[name])]
        for row, text in enumerate(texts):
            cell = frame.table.cell(row, place)
            cell.margin_top = cell.margin_bottom = Pt(2)
            frame.table.rows[row].height = Pt(_ROW)
            cell.text_frame.word_wrap = False
            pptx_text.add(cell.text_frame.paragraphs[0], pptx_text.cut(pptx_text.clean(text), _WIDTH), look.lang, _SIZE)
    return len(card.frame) - len(shown)


def _words(value: Any, kind: str, lang: str) -> str:
    """A cell as people read it; what is not known is "–"."""
    if kind == "date":
        return fmt.day(value, lang)
    if isinstance(value, str):
        return value
    if not fmt.is_known(value):
        return fmt.UNKNOWN if pd.api.types.is_scalar(value) else str(value)
    if kind in _SHOWN:
        return _SHOWN[kind](value, lang)
    return fmt.number(value, lang, digits=0 if float(value).is_integer() else 2)
