"""Charts that no office program has (ways, networks): pictures of them, drawn by one browser, as sharp as paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analytics.cards import Card
from analytics.export.browser import Chromium, draw
from data.errors import MvpodError

#: Dots of the picture a pixel, and the height of a figure that has none of its own.
_SCALE, _HEIGHT = 3, 360
_PAGE = "<style>body{{margin:0;overflow:hidden}}svg{{display:block}}</style>{drawing}"


def pictures(cards: Sequence[tuple[Card, float]]) -> Mapping[int, bytes]:
    """id(card) -> PNG, for cards with the shape (width / height) of their place.

    Nothing where no browser is there, or where it fails: a table takes the picture's place then.
    """
    async def job(chromium: Chromium) -> list[bytes]:
        found = []
        for card, shape in cards:
            height = int(card.figure.to_dict()["layout"].get("height") or _HEIGHT)
            [drawing] = await chromium.charts([card.figure], int(height * shape))
            found.append(await chromium.png(_PAGE.format(drawing=drawing), int(height * shape), height, _SCALE))
        return found
    if not cards:
        return {}
    try:
        return {id(card): png for (card, _), png in zip(cards, draw(job), strict=True)}
    except MvpodError:
        return {}
