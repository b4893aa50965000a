"""Whom cards are about: the segments of a view, and what groups are called."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

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


def namer(ask: Ask, view: View, look: Look, dimension: str) -> Callable[[str | None], str]:
    """What the groups of a dimension are called (plain text); owners by their names."""
    if dimension != "owner_id":
        return partial(look.called, dimension)
    names = ask.owner_names(View(view.as_of, scope=view.scope))

    def owner(value: str | None) -> str:
        return names.get(str(value), str(value)) if value != UNKNOWN else look.called(dimension, value)
    return owner
