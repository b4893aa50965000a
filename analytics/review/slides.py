"""A pack as slides: each entry's cards, made for the pack's view, and the same cards of the time compared with."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from analytics.ask import Ask
from analytics.cards import CARDS, Card, Look
from analytics.review.pack import Item, Pack
from analytics.view import View
from data.errors import MvpodError
from data.scope import Filters

log = logging.getLogger("mvpod")

#: so many cards stand side by side on one slide
A_SLIDE = 2


@dataclass(frozen=True)
class Slide:
    """One slide: the entry that it belongs to, its place among the entries, its cards, or why there are none.

    part     0 for the first slide of its entry, where the comment stands
    missing  why nothing can be shown (plain text in the slide's language); cards is then empty
    """

    item: Item
    place: int
    cards: tuple[Card, ...]
    part: int = 0
    missing: str = ""


def slides(ask: Ask, pack: Pack, view: View, look: Look,
           progress: Callable[[float], None] = lambda share: None) -> Iterator[Slide]:
    """The slides of a pack in order; an entry of more than two cards takes several."""
    for place, item in enumerate(pack.items):
        progress(place / len(pack.items))
        cards, missing = _cards(ask, item, _narrowed(view, item.filters), look)
        if not cards:
            yield Slide(item, place, (), missing=missing)
        for part, start in enumerate(range(0, len(cards), A_SLIDE)):
            yield Slide(item, place, tuple(cards[start : start + A_SLIDE]), part)
    progress(1.0)


def _cards(ask: Ask, item: Item, view: View | None, look: Look) -> tuple[list[Card], str]:
    """The cards of one entry that have anything to show, or why there are none."""
    if view is None:
        return [], look.t("pack.apart")
    try:
        cards = CARDS[item.card](ask, view, look, **dict(item.options))
    except MvpodError as error:
        return [], error.text(look.lang)
    except Exception:  # a defect of one chart takes no other one with it: the slide says so, the log says why
        log.exception("card %s of the pack failed", item.card)
        return [], look.t("pack.failed")
    shown, left = [c for c in cards if not c.frame.empty], [c for c in cards if c.frame.empty]
    if not shown:
        return [], " · ".join(dict.fromkeys(c.missing or c.title for c in left)) or look.t("pack.nothing")
    said = [f"{c.title}: {c.missing}" if c.missing else c.title for c in left]  # nobody is left out in silence
    return [*shown[:-1], replace(shown[-1], notes=(*shown[-1].notes, *said))], ""


def _narrowed(view: View, filters: Filters | None) -> View | None:
    """The pack's view with the entry's own filters on top; None where nothing can fit both."""
    if filters is None:
        return view
    both = {}
    for name, values in filters.chosen:
        both[name] = [v for v in values if v in (view.filters.get(name) or values)]
        if not both[name]:
            return None
    return view.with_(filters=view.filters.with_(**both))
