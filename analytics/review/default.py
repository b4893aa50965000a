"""The pack that a director starts from: fifteen slides, from what was won to whom to watch next quarter."""

from __future__ import annotations

from datetime import date

from analytics import periods
from analytics.cards import CARDS
from analytics.review.pack import Item, Language, Pack

#: Cards in the order in which a quarterly review asks: what came, what is there, is it enough, what holds it up, whom
#: do we know, what was promised.
ENTRIES = (
    "win_rate.trends", "win_rate.split", "review.then_and_now", "pipeline.bridge", "pipeline.stock",
    "pipeline.coverage", "pipeline.pushes", "attention.rules", "funnel.rates", "conversion_days.statistics",
    "closeness.shifts", "closeness.holders", "support.response", "forecast.outlook", "forecast.replay",
)


def default_pack(quarter: str, lang: Language = "en") -> Pack:
    """The director's pack of a quarter."""
    return Pack(quarter, lang=lang, items=tuple(Item(card) for card in ENTRIES if card in CARDS))


def usual_quarter(last_day: date, fiscal_year_start: int) -> str:
    """The quarter that a review on the day after `last_day` is about: the latest complete one."""
    return periods.last(1, "quarter", last_day, fiscal_year_start, complete=True)[0].name
