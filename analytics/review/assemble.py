"""A pack in one language, made of one load: its slides and the stamp that every file of it carries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from analytics import view_words
from analytics.ask import Ask
from analytics.cards import Card, Look
from analytics.remembering import Remembering
from analytics.review import pack as packs
from analytics.review import stamp as stamps
from analytics.review.pack import Item, Language, Pack
from analytics.review.slides import Slide, slides
from analytics.review.stamp import Stamp
from analytics.view import View
from data.scope import Scope


@dataclass(frozen=True)
class Assembled:
    """What an exporter needs: the slides, in whose words and colours, and the stamp."""

    slides: tuple[Slide, ...]
    look: Look
    stamp: Stamp

    @property
    def cards(self) -> list[Card]:
        """All cards in order: the places of `stamp.cards`."""
        return [card for slide in self.slides for card in slide.cards]


def assemble(ask: Ask, pack: Pack, lang: str, *, scope: Scope | None = None, base: str = "",
             progress: Callable[[float], None] = lambda share: None) -> Assembled:
    """The pack as of its day (default: the last one known), within `scope`; `base` is the address of the dashboard.

    Needs no page and no session, so that it can run beside them: `ask` is the real one, not that of a page. What was
    found for another pack of the same open load is not asked again, unless `ask` remembers by itself.
    Raises MvpodError E_PERIOD, and what `Ask.check` does.
    """
    ask, settings = ask if isinstance(ask, Remembering) else Remembering(ask), ask.settings
    view = pack.view(ask.company.last_day, settings.organisation.fiscal_year_start, scope)
    ask.check(view)
    look = Look(lang, settings, "export")
    made = tuple(slides(ask, pack, view, look, progress))
    in_one = pack.with_(lang=lang, as_of=view.as_of)
    cards = [(card, slide.place) for slide in made for card in slide.cards]
    return Assembled(made, look, _stamp(in_one, view, look, cards, ask.company.load_id, ask.owner_names(view), base))


def alone(card: Card, look: Look, load: int, names: Mapping[str, str], base: str = "") -> Stamp | None:
    """The stamp of one card that is taken from a page: that of a pack which holds it alone. None for a card that the
    catalogue cannot make again. `names`: of owners."""
    if card.source is None or card.asked is None:
        return None
    view, (key, options) = card.asked, card.source
    period = view_words.period_name(view, look.settings.organisation.fiscal_year_start)
    pack = Pack(period, "", cast(Language, look.lang), view.compare, view.days, view.as_of, view.filters,
                (Item(key, options),))
    return _stamp(pack, view, look, [(card, 0)], load, names, base, key.split(".")[0])


def _stamp(pack: Pack, view: View, look: Look, cards: Sequence[tuple[Card, int]], load: int, names: Mapping[str, str],
           base: str, page: str = "review") -> Stamp:
    link = view_words.address(page, view, look.lang, look.settings.organisation.fiscal_year_start)
    return Stamp(
        pack=packs.to_text(pack), organisation=look.settings.organisation.name,
        words=view_words.in_words(view, look.lang, look.settings, names),
        link=f"{base.rstrip('/')}/{link}" if base else link, load=load,
        as_of=view.as_of.isoformat(), app=stamps.app_version(), metrics=stamps.definitions(card for card, _ in cards),
        cards=tuple(stamps.card_stamp(card, place) for card, place in cards),
        scope={name: list(values) for name, values in view.scope.allowed}, show_names=view.scope.show_names)
