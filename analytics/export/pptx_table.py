"""Where a chart can neither be native nor a picture: its first rows as a table of the office program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pptx.util import Emu, Pt

from analytics import columns
from analytics.cards import Card, Look
from analytics.charts.style import columns_of
from analytics.export import pptx_text
from analytics.export.pptx_charts import Box

#: Points a row, points of its text, of its margins, and of a Latin letter (bold, of a wide font).
_ROW, _SIZE, _MARGIN, _LETTER = 20, 9, 5, 9 * 0.7
#: Latin widths: a column of words may be so wide, and must have so much.
_WIDE, _NARROW = 30, 9


@dataclass(frozen=True)
class _Column:
    texts: tuple[str, ...]
    is_words: bool

    @property
    def points(self) -> float:
        """Its width; numbers are never cut."""
        letters = max(map(columns_of, self.texts))
        return (min(letters, _WIDE) if self.is_words else letters) * _LETTER + 2 * _MARGIN


def add_table(shapes: Any, card: Card, look: Look, box: Box) -> int:
    """The rows and columns that fit, in the order of the card; gives how many rows are not shown."""
    names = [c for c in (card.columns or card.frame.columns) if c in card.frame.columns]
    room = max(int(Emu(box[3]).pt // _ROW) - 1, 1)
    shown = columns.prepared(card.frame[names].head(room), look.lang, look.settings)
    told = _fitting([_column(shown, name, card, look) for name in names], Emu(box[2]).pt)
    table = shapes.add_table(len(shown) + 1, len(told), *box[:3], Pt(_ROW) * (len(shown) + 1)).table
    for place, (column, width) in enumerate(told):
        table.columns[place].width = Pt(width)
        for row, text in enumerate(column.texts):
            table.rows[row].height, cell = Pt(_ROW), table.cell(row, place)
            cell.margin_top = cell.margin_bottom = Pt(2)
            cell.margin_left = cell.margin_right = Pt(_MARGIN)
            kept = pptx_text.cut(text, int((width - 2 * _MARGIN) / _LETTER + 0.01))
            pptx_text.add(cell.text_frame.paragraphs[0], kept, look.lang, _SIZE)
    return len(card.frame) - len(shown)


def _column(shown: pd.DataFrame, name: str, card: Card, look: Look) -> _Column:
    """A column as people read it, below its name."""
    words = columns.formatter(columns.kind(name, card.kinds), shown[name], look.lang) or str
    texts = (columns.label(name, look.lang), *map(words, shown[name]))
    return _Column(tuple(map(pptx_text.clean, texts)), not pd.api.types.is_numeric_dtype(shown[name]))


def _fitting(told: Sequence[_Column], room: float) -> list[tuple[_Column, float]]:
    """The first columns that fit, each with its width: words give way until they are too narrow."""
    least = [_NARROW * _LETTER + 2 * _MARGIN if c.is_words else c.points for c in told]
    count = max((n for n in range(1, len(told) + 1) if sum(least[:n]) <= room), default=1)
    spare = room - sum(least[:count])
    wanted = [max(c.points - low, 0.0) for c, low in zip(told[:count], least, strict=False)]
    share = min(1.0, spare / sum(wanted)) if sum(wanted) else 0.0
    return [(c, low + share * want) for c, low, want in zip(told[:count], least, wanted, strict=False)]
