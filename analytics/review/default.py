"""The pack that a director starts from: fifteen slides, from what was won to whom to watch next quarter."""

from __future__ import annotations

from datetime import date

from analytics import periods
from analytics.cards import CARDS
from analytics.review.pack import Item, Language, Pack

#: Card and options, in the order in which a quarterly review asks.
ENTRIES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("funnel.rates", ()),
    ("funnel.outcomes", ()),
    ("funnel.flow", ()),
    ("conversion_days.statistics", ()),
    ("conversion_days.survival", ()),
)


def default_pack(quarter: str, lang: Language = "en") -> Pack:
    """The director's pack of a quarter."""
    return Pack(quarter, lang=lang, items=tuple(Item(card, options) for card, options in ENTRIES if card in CARDS))


def usual_quarter(last_day: date, fiscal_year_start: int) -> str:
    """The quarter that a review on the day after `last_day` is about: the latest complete one."""
    return periods.last(1, "quarter", last_day, fiscal_year_start, complete=True)[0].name
