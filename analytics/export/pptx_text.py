"""Text on slides: drawn letter by letter, as large as its place allows, marked with its language."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

from pptx.enum.dml import MSO_THEME_COLOR
from pptx.enum.lang import MSO_LANGUAGE_ID
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE
from pptx.text.text import TextFrame, _Paragraph
from pptx.util import Emu, Pt

from analytics.charts.style import columns_of

#: Points that a line needs per point of its size: Chinese fonts are taller.
_LATIN, _CHINESE = 1.25, 1.45
#: A Latin letter of a wide font in ems (Chinese ones take one), and how much wider bold ones are: a font that is not
#: there is replaced by any other, and nothing may run out of its place then.
_LETTER, _BOLD = 0.6, 1.08
_LANGUAGES = {"en": MSO_LANGUAGE_ID.ENGLISH_US, "zh": MSO_LANGUAGE_ID.SIMPLIFIED_CHINESE}


def clean(text: object) -> str:
    """One line that every program shows as it is: control characters and marks of direction become blanks, what XML
    cannot hold is left out."""
    return _visible(str(text)).strip()


def cut(text: str, columns: int) -> str:
    """A clean text in at most so many Latin widths (a Chinese character takes two)."""
    if columns_of(text) <= columns:
        return text
    kept, left = [], columns - 1
    for char in text:
        left -= columns_of(char)
        if left < 0:
            break
        kept.append(char)
    return "".join(kept).rstrip() + "…"


def height_of(texts: Sequence[str], size: float, width: int, bold: bool = False) -> float:
    """About how many points high some paragraphs are in a box of that width."""
    room = Emu(width).pt / size / (_BOLD if bold else 1)
    return sum(math.ceil(max(_ems(text), 0.1) / room) * size * (_CHINESE if _is_wide(text) else _LATIN)
               for text in texts)


def fitted(texts: Sequence[str], width: int, height: int, largest: float, smallest: float,
           bold: bool = False) -> tuple[float, list[str]]:
    """The largest size in which the paragraphs fit; in the smallest one the end is left out, and "…" says so."""
    shown, room = [clean(text) for text in texts], Emu(height).pt
    size = largest
    while size > smallest and height_of(shown, size, width, bold) > room:
        size -= 1
    size = max(size, smallest)
    while len(shown) > 1 and height_of(shown[:-1] + ["…"], size, width, bold) > room:
        shown = shown[:-1]
        shown[-1] += "…"
    while shown and height_of(shown, size, width, bold) > room and len(shown[-1]) > 1:
        shown[-1] = shown[-1][: len(shown[-1]) * 9 // 10].rstrip("…") + "…"
    return size, shown


def write(frame: TextFrame, texts: Sequence[str], lang: str, size: float, *, bold: bool = False, muted: bool = False,
          anchor: MSO_ANCHOR | None = None) -> None:
    """The paragraphs of a text frame; the margins of the frame go."""
    frame.word_wrap, frame.auto_size = True, MSO_AUTO_SIZE.NONE
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = Emu(0)
    if anchor is not None:
        frame.vertical_anchor = anchor
    frame.clear()
    for number, text in enumerate(texts):
        place = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        add(place, text, lang, size, bold=bold, muted=muted)


def add(place: _Paragraph, text: str, lang: str, size: float, *, bold: bool | None = None, muted: bool = False) -> None:
    """One more run of a paragraph, in its language."""
    run = place.add_run()
    run.text = _visible(text)
    run.font.size, run.font.bold, run.font.language_id = Pt(size), bold, _LANGUAGES[lang]
    if muted:
        run.font.color.theme_color = MSO_THEME_COLOR.TEXT_1
        run.font.color.brightness = 0.35


def _visible(text: str) -> str:
    kinds = ((c, unicodedata.category(c)) for c in text)
    return "".join(" " if k in ("Cc", "Cf", "Zl", "Zp") else "" if k in ("Cs", "Cn") else c for c, k in kinds)


def _ems(text: str) -> float:
    wide = sum(columns_of(char) - 1 for char in text)
    return wide + (len(text) - wide) * _LETTER


def _is_wide(text: str) -> bool:
    return columns_of(text) > len(text)
