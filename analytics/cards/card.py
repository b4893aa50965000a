"""What stands in the card of a chart, before anybody draws it: a page, a slide and a workbook show the same."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, Literal, ParamSpec, TypeVar, cast

import pandas as pd

from analytics import columns, i18n
from analytics import format as fmt
from analytics.ask import Ask
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.style import Theme
from analytics.view import View
from data.errors import MvpodError
from data.settings import Settings

T = TypeVar("T")

#: How a chart is drawn where only native charts of an office program are at hand.
Form = Literal["bar", "column", "stacked", "line", "step", "funnel", "waterfall", "picture"]
#: The notation of a series (IBCS): solid, light, outlined, hatched.
Role = Literal["actual", "comparison", "standard", "forecast"]


@dataclass(frozen=True)
class Look:
    """In whose words and colours a card is made."""

    lang: str
    settings: Settings
    theme: Theme = "light"

    @property
    def names(self) -> Names:
        """Stages, segments and pipelines by their names."""
        return Names(self.lang, self.settings)

    def t(self, key: str, **fields: object) -> str:
        """A text in the language of the card."""
        return i18n.t(key, self.lang, **fields)

    def stage(self, pipeline: str, stage: str) -> str:
        """The name of a stage, plain text."""
        return self.settings.stage_label(pipeline, stage, self.lang)

    def called(self, dimension: str, value: str | None) -> str:
        """What a value of a dimension is called, plain text (owners: analytics/cards/who.py)."""
        return i18n.label(dimension, value, self.lang, self.settings)

    @property
    def currency(self) -> str:
        """The base currency."""
        return self.settings.organisation.base_currency

    def value(self, number: Any, unit: str) -> str:
        """A value of a metric: `unit` is share, days, money, ratio or count (the registry's units)."""
        if unit in ("share", "rate"):
            return fmt.rate(number, self.lang)
        if unit == "days":
            return fmt.days(number, self.lang)
        if unit == "money":
            return fmt.amount(number, self.lang, currency=self.currency)
        return fmt.number(number, self.lang, digits=2 if unit == "ratio" else 0)

    def difference(self, now: Any, before: Any, unit: str) -> str:
        """How a value differs from another, with its sign: shares in points, money relative, all else in its unit; ""
        where either is unknown."""
        if not (fmt.is_known(now) and fmt.is_known(before)):
            return ""
        if unit in ("share", "rate"):
            return fmt.points(now - before, self.lang)
        if unit == "days":
            return fmt.days(now - before, self.lang, signed=True)
        if unit in ("money", "count"):
            return fmt.change(now, before, self.lang)
        return fmt.number(now - before, self.lang, digits=2, signed=True)

    def actual(self, column: str) -> Series:
        """The column of what is, beside others."""
        return Series(self.t("pack.actual"), column)

    def series(self, *names: str, role: Role = "actual") -> tuple[Series, ...]:
        """Columns as series of a native chart, called as in tables."""
        return tuple(Series(columns.label(name, self.lang), name, role) for name in names)


@dataclass(frozen=True)
class Series:
    """One column of a card's frame as a series of a native chart; `name` is plain text."""

    name: str
    column: str
    role: Role = "actual"


@dataclass(frozen=True)
class Native:
    """How a card's frame becomes a native chart: categories down the column `category`, numbers in the series.

    split   a column with one series per value (of the first of `series`; further ones say the same for all values)
    number  rate | days | amount | number | points (one decimal): how the values are shown
    most    so many rows are drawn, from the first; 0: all
    but     a value of `split` that is only in the table
    """

    form: Form
    category: str = ""
    series: tuple[Series, ...] = ()
    split: str = ""
    number: str = "number"
    most: int = 0
    but: str = ""


@dataclass(frozen=True)
class Card:
    """One chart with everything that is said about it. All texts are plain text in one language.

    key             unique on its page; where cards stand side by side, each has its own
    title           the finding
    measured        what is measured, in which unit (the period and n are added where it is shown)
    figure, frame   the chart, and the rows it was made of
    definition_key  metric of the registry that defines the numbers
    columns, kinds  which columns a table shows, and how (pages/_parts/table.py)
    question        the metric whose opportunities stand behind a mark (analytics/marks.py); drill False: none do
    with_period     False where the chart does not follow the period of the view (a stock, a long trend)
    notes           what must be said below the chart
    missing         why there is no chart, where the data for it are not loaded; the frame is then empty
    segment         the customer segment that it is about, if it is one: gives native charts its colour
    source          how the catalogue makes it again: its key there, and the options that were chosen (see `catalogued`)
    asked           the view that the catalogue was asked for (a card can narrow it: `view`)
    """

    key: str
    title: str
    measured: str
    figure: Figure
    frame: pd.DataFrame
    view: View
    definition_key: str | None = None
    columns: Sequence[str] | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    question: str | None = None
    drill: bool = True
    with_period: bool = True
    n: int | None = None
    notes: tuple[str, ...] = ()
    missing: str = ""
    segment: str | None = None
    native: Native | None = None
    source: tuple[str, tuple[tuple[str, str], ...]] | None = None
    asked: View | None = None


def alone(key: str, title: str, view: View, missing: str = "") -> Card:
    """A card whose title says it all: there is nothing to draw, or (`missing`) no data for it."""
    return Card(key, title, "", Figure(), pd.DataFrame(), view, missing=missing)


def unmeasured(key: str, title: str, view: View, look: Look, what: str) -> Card:
    """A card that says which data are missing, instead of a chart of nothing; `what` is a text key."""
    return alone(key, title, view, look.t("state.not_measured", what=look.t(what)))


def known(option: T, allowed: Sequence[T]) -> T:
    """An option of a card, as packs name it; MvpodError E_PACK for one that there is not."""
    if option not in allowed:
        raise MvpodError("E_PACK", found=option, expected=", ".join(map(str, allowed)))
    return option


P = ParamSpec("P")


def catalogued(make: Callable[P, list[Card]]) -> Callable[P, list[Card]]:
    """Cards of a function of the catalogue know how they were made: `<module>.<function>` and the chosen options.

    A page can then put into a pack what it shows, whichever switches are set. Options are texts. Where `ask` has a
    memory the cards are made once per view, options, language and colours: the settings are those of its load.
    """
    key, signature = f"{make.__module__.rpartition('.')[2]}.{make.__name__}", inspect.signature(make)
    usual = {name: p.default for name, p in signature.parameters.items() if p.default is not p.empty}

    @wraps(make)
    def made(*args: P.args, **named: P.kwargs) -> list[Card]:
        given = signature.bind(*args, **named).arguments
        chosen = {name: str(given[name]) for name in usual if given.get(name, usual[name]) != usual[name]}
        source, view, look = (key, tuple(sorted(chosen.items()))), cast(View, given["view"]), cast(Look, given["look"])
        return cast(Ask, given["ask"]).remembered(("cards", source, view, look.lang, look.theme), lambda: [
            replace(card, source=source, asked=view) for card in make(*args, **named)])
    return made
