"""Answers are kept by (scope, store, load, question, view): the only place where pages cache anything.

Scope is the first hashed argument, so that nobody ever gets an answer that was computed for someone else. A new load
has a new id, so that nothing has to be cleared. Both caches are bounded.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import streamlit as st

from analytics.ask import Ask
from analytics.view import View
from data import demo
from data.engine import Company, open_company
from data.scope import Scope
from data.storage.store import Load, Store
from pages._parts import context


@st.cache_resource(max_entries=2, ttl="12h", show_spinner=False)
def company(store: str, load_id: int) -> Company:
    """The company of one load, opened once for all sessions; it is never changed afterwards."""
    return open_company(Path(store), load_id)


def current_load(store: Path) -> Load | None:
    """The load that is published now, or None for a store that is not there or empty."""
    return Store.open(store).current() if store.exists() else None


def is_sample(load: Load) -> bool:
    """Is this the sample company?"""
    return load.profile == demo.PROFILE


@st.cache_data(max_entries=1000, ttl="2h", show_spinner=False)
def _answer(scope: Scope, store: str, load_id: int, question: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    assert all(a.scope == scope for a in (*args, *named.values()) if isinstance(a, View))
    return getattr(Ask(company(store, load_id)), question)(*args, **named)


class Asked:
    """`Ask` with a memory: every question of analytics/ask.py under the same name and with the same arguments.

    Whatever view is handed in, it is answered within the viewer's own scope.
    """

    def __init__(self, store: str, load_id: int, scope: Scope) -> None:
        self._store, self._load_id, self._scope = store, load_id, scope

    def __getattr__(self, question: str) -> Callable[..., Any]:
        if question.startswith("_"):
            raise AttributeError(question)
        return partial(self._ask, question)

    def _ask(self, question: str, *args: Any, **named: Any) -> Any:
        return _answer(self._scope, self._store, self._load_id, question, tuple(map(self._mine, args)),
                       {key: self._mine(value) for key, value in named.items()})

    def _mine(self, value: Any) -> Any:
        return value.with_(scope=self._scope) if isinstance(value, View) else value


def ask() -> Ask:
    """The one way for pages to ask: store, load and scope are those of this run."""
    here = context.now()
    return asked(here.store, here.load_id, here.scope)


def asked(store: str, load_id: int, scope: Scope) -> Ask:
    """The same outside a run of the script."""
    return cast(Ask, Asked(store, load_id, scope))


def owner_names() -> dict[str, str]:
    """Owner id -> name, of the owners whose opportunities the viewer may see."""
    here = context.now()
    return owners_of(ask(), company(here.store, here.load_id))


def owners_of(asked: Ask, of: Company) -> dict[str, str]:
    """The same, asked outside a run of the script."""
    return asked.owner_names(View(of.last_day))
