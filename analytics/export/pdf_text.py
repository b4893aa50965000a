"""Text of a PDF that can be found and copied: a font shares one drawing between a character and the radical that looks
like it, and Chromium names the radical. A reader who looks for 方案 must find it.
"""

from __future__ import annotations

import re
import unicodedata

from pypdf import PdfReader
from pypdf.generic import StreamObject

from analytics.export.pdf_append import Appended, stream

#: Radicals of Unicode's supplement (U+2E80 to U+2EF3) that look like a character in use; the others decompose by rule.
_SIMPLIFIED = dict(zip("⺠⺟⺎⺒⺓⺛⺧⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰⻳",
                       "民母兀巳幺旡牛虎西见角贝车长门青韦页风飞食马骨鬼鱼鸟麦黄齐齿龙龟", strict=True))
#: Where a font names the object that says which characters it draws.
_SAYS = re.compile(rb"/ToUnicode (\d+) 0 R")
_SINGLE = re.compile(rb"(<[0-9A-F]+>) <(2[EF][0-9A-F]{2})>\n")
_RANGE = re.compile(rb"<([0-9A-F]+)> <([0-9A-F]+)> <(2[EF][0-9A-F]{2})>\n")


def readable(pdf: bytes, reader: PdfReader, more: Appended) -> None:
    """Lets every font say the character in use."""
    for number in sorted({int(found) for found in _SAYS.findall(pdf)}):
        told = reader.get_object(number)
        if isinstance(told, StreamObject) and b"beginbf" in (said := told.get_data()):
            meant = _SINGLE.sub(_one, _RANGE.sub(_listed, said))
            if meant != said:
                more.replace(number, stream(meant))


def character(radical: str) -> str:
    """The character that a radical looks like; any other character as it is.

    >>> character("\u2f45"), character("\u2ed3"), character("方")
    ('方', '长', '方')
    """
    if "\u2e80" <= radical <= "\u2fd5":
        return _SIMPLIFIED.get(radical) or unicodedata.normalize("NFKC", radical)
    return radical


def _one(found: re.Match[bytes]) -> bytes:
    return found[1] + b" <%04X>\n" % ord(character(chr(int(found[2], 16))))


def _listed(found: re.Match[bytes]) -> bytes:
    """A run of codes names its first character only: one by one, because characters in use do not follow each other."""
    first, last, target = (int(part, 16) for part in found.groups())
    named = b" ".join(b"<%04X>" % ord(character(chr(target + n))) for n in range(last - first + 1))
    return b"<%s> <%s> [%s]\n" % (found[1], found[2], named)
