"""What one run of the script knows before a page is drawn: store, load, language, theme, scope, settings."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import streamlit as st

from analytics.cards.card import Look
from analytics.charts.style import Theme
from analytics.i18n import t as translate
from data.scope import Scope
from data.settings import Settings

_KEY = "mvpod_context"


@dataclass(frozen=True)
class Context:
    """One run's surroundings. `load_id` is resolved once, so that one screen never mixes two states of the data.

    `home` is where the organisation's own data belong, `store` the store that is shown: the same, or the sample company
    (`is_sample`) as long as nothing has been imported.
    """

    home: str
    store: str
    is_sample: bool
    load_id: int
    lang: str
    theme: Theme
    scope: Scope
    settings: Settings


def enter(context: Context) -> None:
    """Make `context` the one that pages and parts of this run see."""
    st.session_state[_KEY] = context


def now() -> Context:
    """The context of this run."""
    found: Context = st.session_state[_KEY]
    return found


def lang() -> str:
    """'en' or 'zh'."""
    return now().lang


def theme() -> Theme:
    """'light' or 'dark', for chart builders."""
    return now().theme


def look() -> Look:
    """Language, colours and settings, for cards."""
    here = now()
    return Look(here.lang, here.settings, here.theme)


def address() -> str:
    """Where this dashboard stands, for links that open it again; "" where nobody says."""
    parts = urlsplit(st.context.url or "")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rpartition('/')[0]}" if parts.netloc else ""


def t(key: str, **fields: object) -> str:
    """The text of `key` in the viewer's language."""
    return translate(key, lang(), **fields)
