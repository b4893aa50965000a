"""Charts as pictures (PNG, SVG) that stay true away from the dashboard: finding, measure, view and load stand in them.

Needs Chromium; MvpodError E_NO_BROWSER says what to install.
"""

from __future__ import annotations

import base64
import io
import re
import struct
import zlib
from collections.abc import Sequence
from typing import Literal

from choreographer.browsers.chromium import Chromium as Installed

from analytics.cards import Card, Look
from analytics.charts.figure import Figure
from analytics.charts.style import EXPORT_FONT, columns_of, label, palette
from analytics.export import parts
from analytics.export.browser import Chromium, draw
from analytics.review.slides import Slide
from analytics.review.stamp import Stamp, from_text

Kind = Literal["png", "svg"]
#: Width of a picture, its margin, and how many dots a pixel of a PNG has.
WIDTH, MARGIN, SCALE = 960, 24, 2
#: Under this name the stamp stands in a picture.
STAMP = "mvpod-stamp"
_PNG = b"\x89PNG\r\n\x1a\n"


def has_browser() -> bool:
    """Is there a browser that can draw?"""
    return Installed.find_browser(skip_local=False) is not None


def charts(figures: Sequence[Figure], width: int = WIDTH) -> list[str]:
    """Figures as SVG and nothing else, with one browser for all."""
    return draw(lambda chromium: chromium.charts(figures, width))


def pictures(cards: Sequence[Card], look: Look, stamp: Stamp, kind: Kind) -> list[bytes]:
    """A picture per card, with what is said about it written on it and the stamp in its metadata."""
    async def job(chromium: Chromium) -> list[bytes]:
        drawn = await chromium.charts([card.figure for card in cards], WIDTH - 2 * MARGIN)
        found = [_composed(card, chart, look, stamp) for card, chart in zip(cards, drawn, strict=True)]
        if kind == "svg":
            return [svg.encode() for svg in found]
        return [_stamped(await _photo(chromium, svg), stamp) for svg in found]
    return draw(job) if cards else []


def picture_zip(slides: Sequence[Slide], look: Look, stamp: Stamp, kind: Kind) -> bytes:
    """All charts of a pack as pictures in a zip."""
    entries = list(parts.numbered(slides))
    made = pictures([card for _, card, _ in entries], look, stamp, kind)
    return parts.zipped({parts.file_name(place, card, kind): picture
                         for (place, card, _), picture in zip(entries, made, strict=True)}, stamp)


def read_stamp(data: bytes) -> Stamp:
    """The stamp of a PNG, an SVG or a zip of them; ValueError or KeyError where there is none."""
    if data.startswith(b"PK"):
        return parts.zip_stamp(data)
    if data.startswith(_PNG):
        texts = dict(chunk.split(b"\0", 1) for kind, chunk in _chunks(data) if kind == b"tEXt")
        return from_text(texts[STAMP.encode()].decode("ascii"))
    found = re.search(rf'<metadata id="{STAMP}">(.*?)</metadata>', data.decode("utf-8", "replace"), re.DOTALL)
    if not found:
        raise ValueError("no stamp")
    return from_text(base64.b64decode(found[1]).decode("ascii"))


def written(card: Card, look: Look) -> None:
    """A picture holds no figures that a program could read."""


async def _photo(chromium: Chromium, svg: str) -> bytes:
    height = int(re.search(r'height="(\d+)"', svg)[1])  # type: ignore[index]
    return await chromium.png(f"<body style='margin:0;overflow:hidden'>{svg}</body>", WIDTH, height, SCALE)


def _composed(card: Card, chart: str, look: Look, stamp: Stamp) -> str:
    """The finding and what is measured above the chart; notes, view and load below it."""
    colours, y = palette("export"), float(MARGIN)
    rows: list[str] = []
    source = f"{look.t('pack.load')} {stamp.load} · {stamp.app} · {stamp.sha256[:12]}"
    above = [(card.title, 17, 700, colours.text), (parts.caption(card, look), 12, 400, colours.muted)]
    below = [*((note, 12, 400, colours.text) for note in card.notes),
             (stamp.words, 11, 400, colours.muted), (f"{stamp.organisation} · {source}", 11, 400, colours.muted)]
    for said in above:
        y = _write(rows, *said, y) + 4
    top = y + 4
    height = float(re.search(r'height="([\d.]+)"', chart)[1])  # type: ignore[index]
    y = top + height + 10
    for said in below:
        y = _write(rows, *said, y)
    bottom = int(y + MARGIN)
    inner = chart.replace("<svg ", f'<svg x="{MARGIN}" y="{top:.0f}" ', 1)
    told = base64.b64encode(stamp.to_text().encode()).decode()
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{bottom}" '
            f'viewBox="0 0 {WIDTH} {bottom}"><metadata id="{STAMP}">{told}</metadata>'
            f'<rect width="100%" height="100%" fill="{colours.background}"/>{"".join(rows)}{inner}</svg>')


def _write(rows: list[str], text: str, size: int, weight: int, colour: str, y: float) -> float:
    """One text in as many lines as it needs, below `y`; gives where it ends."""
    for line in wrapped(text, int((WIDTH - 2 * MARGIN) / (size * 0.54))):
        y += size * 1.4
        rows.append(f'<text x="{MARGIN}" y="{y:.0f}" style="font-family: {EXPORT_FONT}; font-size: {size}px; '
                    f'font-weight: {weight}; fill: {colour}">{label(line)}</text>')
    return y


def wrapped(text: str, columns: int) -> list[str]:
    """A text in lines of so many Latin widths, broken at blanks and between Chinese characters.

    >>> wrapped("one two three", 8), wrapped("大客户转化率", 8)
    (['one two', 'three'], ['大客户转', '化率'])
    """
    lines, line = [], ""
    for word in re.findall(r"[\u2e80-\uffef][，。；：、！？）》”]*\s*|[^\s\u2e80-\uffef]+\s*|\s+", text):
        while columns_of(line + word.rstrip()) > columns:
            if not line:  # a word without a place to break
                line, word = word[:columns], word[columns:]
            lines.append(line.rstrip())
            line = ""
        line += word
    return [*lines, line.rstrip()] if line.strip() else lines


def _stamped(png: bytes, stamp: Stamp) -> bytes:
    """The picture with the stamp as a text of its metadata, right behind the header."""
    body = b"tEXt" + STAMP.encode() + b"\0" + stamp.to_text().encode("ascii")
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    head = len(_PNG) + 25  # IHDR: 4 + 4 + 13 + 4
    return png[:head] + chunk + png[head:]


def _chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    stream, found = io.BytesIO(png[len(_PNG):]), []
    while head := stream.read(8):
        size, kind = struct.unpack(">I4s", head)
        found.append((kind, stream.read(size)))
        stream.read(4)
    return found
