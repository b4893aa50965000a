"""The review pack of this session: what the page Review shows and the cards of all pages can be added to."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import streamlit as st

from analytics.cards import CARDS, Card
from analytics.review.default import default_pack
from analytics.review.pack import MAX_COMMENT, Item, Pack
from analytics.view import View
from analytics.view_words import FILTERS
from data.scope import Filters
from pages._parts import view_state
from pages._parts.context import t

_KEY = "review_pack"
#: name in the address -> dimension, of everything that the sidebar filters
SIDEBAR = FILTERS | {"segment": "segment"}


def kept() -> Pack:
    """The entries of this session; the director's pack as long as nobody has chosen others."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = default_pack("")
    found: Pack = st.session_state[_KEY]
    return found


def keep(pack: Pack) -> None:
    """Make it the pack of this session."""
    st.session_state[_KEY] = pack


def shown(view: View, quarter: str, lang: str) -> Pack:
    """The pack as the page shows it: entries of the session, filters and comparison of the sidebar. Filters of a saved
    pack that the sidebar does not offer stay."""
    more = {d: values for d, values in kept().filters.chosen if d not in SIDEBAR.values()}
    return kept().with_(quarter=quarter, lang=lang, compare=view.compare, days=view.days, as_of=view.as_of,
                        filters=view.filters.with_(**more))


def opened(pack: Pack) -> None:
    """A saved pack becomes the session's, and the sidebar says what it looks at; for callbacks, before drawing."""
    keep(pack)
    for name, dimension in SIDEBAR.items():
        view_state.keep(name, *pack.filters.get(dimension))
    view_state.keep("compare", *([pack.compare] if pack.compare != "previous" else []))
    view_state.keep("days", *([pack.days] if pack.days != "calendar" else []))
    view_state.keep("as_of", *([pack.as_of.isoformat()] if pack.as_of else []))
    view_state.keep("quarter", pack.quarter)
    view_state.keep("pack_lang", pack.lang)
    view_state.touched()


def add(source: tuple[str, tuple[tuple[str, str], ...]], filters: Filters) -> None:
    """Add a card that is shown somewhere, with the filters that it is shown for."""
    card, options = source
    before = kept()
    keep(before.added(Item(card, options, filters=filters if filters.chosen else None)))
    st.toast(t("review.added" if kept() != before else "review.not_added"), icon=":material/slideshow:")


def add_button(card: Card) -> None:
    """"Add to review", for cards that the catalogue can make again."""
    if card.source and card.source[0] in CARDS:
        st.button(t("card.add"), key=f"{card.key}_add", on_click=add, args=(card.source, card.view.filters),
                  icon=":material/slideshow:", width="stretch")


def identity(item: Item) -> str:
    """A short name of an entry that stays when it is moved or commented."""
    return hashlib.sha256(repr((item.card, item.options, item.filters)).encode()).hexdigest()[:12]


def comment(place: int, item: Item) -> None:
    """The box for what is said about an entry; what was said a quarter ago stands above it."""
    key = f"review_comment_{identity(item)}"
    if st.session_state.get(key) != item.comment:
        st.session_state[key] = item.comment

    def write() -> None:
        items = list(kept().items)
        items[place] = replace(items[place], comment=st.session_state[key])
        keep(kept().with_(items=tuple(items)))

    st.text_area(t("review.comment"), key=key, max_chars=MAX_COMMENT, height=80, on_change=write,
                 placeholder=t("review.comment.hint"))
