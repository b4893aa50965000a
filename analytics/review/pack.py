"""A review pack: a quarter, a view and a list of charts with a comment each. Plain values, to a file and back."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal, cast

from analytics import i18n, periods
from analytics.cards import CARDS
from analytics.view import Compare, Days, View
from analytics.view_words import ALL_TIME
from data.errors import LANGUAGES, MvpodError, nearest
from data.scope import Filters, Scope
from data.settings import Settings

FORMAT = 1
Language = Literal["en", "zh", "both"]
MAX_ITEMS, MAX_COMMENT = 60, 4000


@dataclass(frozen=True)
class Item:
    """One entry: a card of `analytics.cards.CARDS`, its options, and what the author says about it.

    `filters` narrows the pack's view for this entry alone (a card that was added from a page keeps that page's view);
    `previous` is what was said about it in the review of the quarter before.
    """

    card: str
    options: tuple[tuple[str, str], ...] = ()
    comment: str = ""
    filters: Filters | None = None
    previous: str = ""


@dataclass(frozen=True)
class Pack:
    """A quarter (a name that periods.parse knows; "all": no bounds), how it is compared, what is filtered, and the
    entries in order.

    as_of  None: the last day that the store knows
    """

    quarter: str
    title: str = ""
    lang: Language = "en"
    compare: Compare = "previous"
    days: Days = "calendar"
    as_of: date | None = None
    filters: Filters = field(default_factory=Filters)
    items: tuple[Item, ...] = ()

    def with_(self, **changes: object) -> Pack:
        """The same pack with some parts replaced."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def view(self, last_day: date, fiscal_year_start: int, scope: Scope | None = None) -> View:
        """What the pack looks at; MvpodError E_PERIOD for a quarter that is none."""
        view = View(self.as_of or last_day, compare=self.compare, days=self.days, filters=self.filters,
                    scope=scope or Scope.everything())
        if self.quarter == ALL_TIME:
            return view
        quarter = periods.parse(self.quarter, fiscal_year_start)
        return view.with_(start=quarter.start, end=quarter.end)

    def languages(self, first: str) -> tuple[str, ...]:
        """The languages of its files; of both, `first` comes first."""
        return tuple(sorted(LANGUAGES, key=lambda lang: lang != first)) if self.lang == "both" else (self.lang,)

    def moved(self, item: int, by: int) -> Pack:
        """One entry moved up (-1) or down (+1), as far as it goes."""
        items = list(self.items)
        place = min(max(item + by, 0), len(items) - 1)
        items.insert(place, items.pop(item))
        return self.with_(items=tuple(items))

    def commented(self, item: int, comment: str) -> Pack:
        """Another comment for one entry."""
        items = list(self.items)
        items[item] = replace(items[item], comment=comment[:MAX_COMMENT])
        return self.with_(items=tuple(items))

    def without(self, item: int) -> Pack:
        """One entry less."""
        return self.with_(items=self.items[:item] + self.items[item + 1:])

    def added(self, item: Item) -> Pack:
        """One entry more, at the end; the same card of the same view is not listed twice. At most MAX_ITEMS."""
        known = {(i.card, i.options, i.filters) for i in self.items}
        is_new = (item.card, item.options, item.filters) not in known
        return self.with_(items=(*self.items, item)) if is_new and len(self.items) < MAX_ITEMS else self


def next_quarter(pack: Pack, fiscal_year_start: int) -> Pack:
    """The pack for the quarter after: the same entries, their comments as what was said before, as of the last day."""
    quarter = periods.parse(pack.quarter, fiscal_year_start)
    after = periods.period_of(quarter.end + periods.ONE_DAY, "quarter", fiscal_year_start)
    items = tuple(replace(item, previous=item.comment, comment="") for item in pack.items)
    return pack.with_(quarter=after.name, as_of=None, items=items)


def called(item: Item, lang: str, settings: Settings) -> str:
    """What an entry is called (plain text): its card, the options chosen, and its own filters."""
    page, key = item.card.split(".")[0], f"review.card.{item.card}"
    words = [i18n.t(key, lang) if i18n.has(key) else item.card]
    for option, value in item.options:
        key = f"{page}.{option}.{value}"
        words.append(i18n.t(key, lang) if i18n.has(key) else value)
    for dimension, values in item.filters.chosen if item.filters else ():
        words += [str(name) for name in i18n.labels(dimension, values, lang, settings).values()]
    return " · ".join(words)


def to_text(pack: Pack) -> str:
    """The pack as the text of a JSON file."""
    told = {
        "format": FORMAT, "quarter": pack.quarter, "title": pack.title, "lang": pack.lang, "compare": pack.compare,
        "days": pack.days, "as_of": pack.as_of.isoformat() if pack.as_of else None, "filters": _filters(pack.filters),
        "items": [{"card": i.card, "options": dict(i.options), "comment": i.comment, "previous": i.previous,
                   "filters": None if i.filters is None else _filters(i.filters)} for i in pack.items]}
    return json.dumps(told, ensure_ascii=False, indent=1)


def from_text(text: str) -> Pack:
    """The pack of such a text; MvpodError E_PACK says what is wrong with it."""
    try:
        told = json.loads(text)
        if told["format"] != FORMAT:
            raise MvpodError("E_PACK", found=f"format {told['format']}", expected=f"format {FORMAT}")
        return Pack(
            str(told["quarter"]), str(told["title"]), cast(Language, _one(told["lang"], ("en", "zh", "both"))),
            cast(Compare, _one(told["compare"], ("previous", "last_year", "none"))),
            cast(Days, _one(told["days"], ("calendar", "working"))),
            date.fromisoformat(told["as_of"]) if told["as_of"] else None, Filters.of(told["filters"]),
            tuple(_item(entry) for entry in told["items"][:MAX_ITEMS]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MvpodError("E_PACK", found=str(error), expected="a pack that was saved by the dashboard") from error


def _item(told: Mapping[str, Any]) -> Item:
    card = str(told["card"])
    if card not in CARDS:
        raise MvpodError("E_PACK", found=card, expected=nearest(card, list(CARDS)) or "a chart of the dashboard")
    options = tuple(sorted((str(k), str(v)) for k, v in told["options"].items()))
    if unknown := {name for name, _ in options} - set(list(inspect.signature(CARDS[card]).parameters)[3:]):
        raise ValueError(f"{card}: {', '.join(sorted(unknown))}")
    filters = None if told["filters"] is None else Filters.of(told["filters"])
    comment, previous = (str(told.get(name, ""))[:MAX_COMMENT] for name in ("comment", "previous"))
    return Item(card, options, comment, filters, previous)


def _one(found: object, allowed: Sequence[str]) -> str:
    if found not in allowed:
        raise ValueError(f"{found!r} is none of {', '.join(allowed)}")
    return str(found)


def _filters(filters: Filters) -> dict[str, list[str]]:
    return {dimension: list(values) for dimension, values in filters.chosen}
