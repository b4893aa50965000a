"""Charts that no office program has (ways, networks): pictures of them, drawn by one browser, as sharp as paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analytics.cards import Card
from analytics.export.browser import Chromium, draw
from data.errors import MvpodError

#: Pixels across, and dots of the picture a pixel.
_WIDTH, _SCALE = 640, 3


def pictures(cards: Sequence[Card]) -> Mapping[int, bytes]:
    """id(card) -> PNG; nothing where no browser is there, or where it fails: a table takes the picture's place then."""
    async def job(chromium: Chromium) -> list[bytes]:
        drawings = await chromium.charts([card.figure for card in cards], _WIDTH)
        heights = [int(card.figure.layout.height or 360) for card in cards]
        return [await chromium.png(f"<body style='margin:0'>{drawing}", _WIDTH, height, _SCALE)
                for drawing, height in zip(drawings, heights, strict=True)]
    if not cards:
        return {}
    try:
        return {id(card): png for card, png in zip(cards, draw(job), strict=True)}
    except MvpodError:
        return {}
