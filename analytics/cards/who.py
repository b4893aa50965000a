"""Whom cards are about: the segments of a view, and what groups are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial

from analytics import format as fmt
from analytics.ask import Ask
from analytics.cards.card import Look
from analytics.view import View
from data.scope import UNKNOWN


def segments(ask: Ask, view: View) -> list[str]:
    """The known customer segments that stand in the view: they are never pooled in silence."""
    chosen = view.filters.get("segment")
    known = [key for key, _ in ask.options(view).get("segment", []) if key != UNKNOWN]
    return [key for key in known if not chosen or key in chosen]


def narrowed(view: View, segment: str) -> View:
    """The view of one segment; "" leaves it as it is."""
    return view.with_(filters=view.filters.with_(segment=[segment])) if segment else view


def caller(ask: Ask, view: View, look: Look) -> Callable[[str, str | None], str]:
    """What the groups of any dimension are called (plain text); owners by their names."""
    @cache
    def owners() -> dict[str, str]:
        return ask.owner_names(View(view.as_of, scope=view.scope))

    def called(dimension: str, value: str | None) -> str:
        if dimension == "owner_id" and value != UNKNOWN:
            return owners().get(str(value), str(value))
        return look.called(dimension, value)
    return called


def namer(ask: Ask, view: View, look: Look, dimension: str) -> Callable[[str | None], str]:
    """What the groups of one dimension are called (plain text)."""
    return partial(caller(ask, view, look), dimension)


def named_segment(segment: str, look: Look) -> str:
    """What a segment is called among others that are left out: "Not known" alone would not say what of."""
    return look.t("facets.no_segment") if segment == UNKNOWN else look.called("segment", segment)


def left_out(those: Iterable[tuple[str, int]], look: Look) -> str:
    """Who is not drawn and how many they are, by name (plain text): nobody is dropped in silence; "" if nobody."""
    names = [look.t("facets.one", name=name, n=fmt.number(n)) for name, n in those]
    return look.t("facets.left_out", names=look.t("view.and").join(names)) if names else ""
