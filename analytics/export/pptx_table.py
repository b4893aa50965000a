"""Where a chart can neither be native nor a picture: its first rows as a table of the office program."""

from __future__ import annotations

from typing import Any

from pptx.util import Emu, Pt

from analytics import columns
from analytics.cards import Card, Look
from analytics.export import pptx_text
from analytics.export.pptx_charts import Box

#: Points a row, points of its text, columns, Latin widths of a cell
_ROW, _SIZE, _COLUMNS, _WIDTH = 20, 9, 6, 30


def add_table(shapes: Any, card: Card, look: Look, box: Box) -> int:
    """The rows that fit, in the order of the card; gives how many are not shown."""
    names = [c for c in (card.columns or card.frame.columns) if c in card.frame.columns][:_COLUMNS]
    room = max(int(Emu(box[3]).pt // _ROW) - 1, 1)
    shown = columns.prepared(card.frame[names].head(room), look.lang, look.settings)
    frame = shapes.add_table(len(shown) + 1, len(names), box[0], box[1], box[2], Pt(_ROW) * (len(shown) + 1))
    for place, name in enumerate(names):
        words = columns.formatter(columns.kind(name, card.kinds), shown[name], look.lang) or str
        texts = [columns.label(name, look.lang), *map(words, shown[name])]
        for row, text in enumerate(texts):
            cell = frame.table.cell(row, place)
            cell.margin_top = cell.margin_bottom = Pt(2)
            frame.table.rows[row].height = Pt(_ROW)
            cell.text_frame.word_wrap = False
            pptx_text.add(cell.text_frame.paragraphs[0], pptx_text.cut(pptx_text.clean(text), _WIDTH), look.lang, _SIZE)
    return len(card.frame) - len(shown)
