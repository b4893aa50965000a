"""A pack in one language, made of one load: its slides and the stamp that every file of it carries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

import pandas as pd

from analytics import view_words
from analytics.ask import Ask
from analytics.cards import Card, Look
from analytics.review import pack as packs
from analytics.review import stamp as stamps
from analytics.review.pack import Pack
from analytics.review.slides import Slide, slides
from analytics.review.stamp import Stamp
from analytics.view import View
from data.scope import Scope

#: The page that a link opens where the first entry's own is not known.
_PAGE = "review"


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

    Needs no page and no session, so that it can run beside them: `ask` is the real one, not that of a page.
    Raises MvpodError E_PERIOD, and what `Ask.check` does.
    """
    ask, settings = _Remembering(ask.company), ask.settings
    view = pack.view(ask.company.last_day, settings.organisation.fiscal_year_start, scope)
    ask.check(view)
    look = Look(lang, settings, "export")
    made = tuple(slides(ask, pack, view, look, progress))
    in_one = pack.with_(lang=lang, as_of=view.as_of)
    return Assembled(made, look, _stamp(ask, in_one, view, look, made, base))


def _stamp(ask: Ask, pack: Pack, view: View, look: Look, made: tuple[Slide, ...], base: str) -> Stamp:
    cards = [(card, slide.place) for slide in made for card in slide.cards]
    link = view_words.address(_PAGE, view, look.lang, look.settings.organisation.fiscal_year_start)
    return Stamp(
        pack=packs.to_text(pack), organisation=look.settings.organisation.name,
        words=view_words.in_words(view, look.lang, look.settings, ask.owner_names(view)),
        link=f"{base.rstrip('/')}/{link}" if base else link, load=ask.company.load_id, as_of=view.as_of.isoformat(),
        app=stamps.app_version(), metrics=stamps.definitions(card for card, _ in cards),
        cards=tuple(stamps.card_stamp(card, place) for card, place in cards),
        scope={name: list(values) for name, values in view.scope.allowed}, show_names=view.scope.show_names)


P = ParamSpec("P")
Answer = TypeVar("Answer", pd.DataFrame, dict[str, pd.DataFrame])


def _once(question: Callable[P, Answer]) -> Callable[P, Answer]:
    """A question of `Ask` that is answered once for the same arguments; nobody gets the frame of another."""
    @wraps(question)
    def asked(*args: P.args, **named: P.kwargs) -> Answer:
        known = cast(_Remembering, args[0]).known
        key = (question.__name__, *map(_fixed, args[1:]), *sorted((name, _fixed(v)) for name, v in named.items()))
        if key not in known:
            known[key] = question(*args, **named)
        found: Any = known[key]
        return {k: v.copy() for k, v in found.items()} if isinstance(found, dict) else found.copy()
    return asked


def _fixed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class _Remembering(Ask):
    """Asks once what several cards of a pack share."""

    def __init__(self, company: Any) -> None:
        super().__init__(company)
        self.known: dict[Any, Any] = {}

    metric = _once(Ask.metric)
    standards = _once(Ask.standards)
    forecast = _once(Ask.forecast)
    forecast_replay = _once(Ask.forecast_replay)
