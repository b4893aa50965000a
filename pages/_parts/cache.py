"""What is worked out once for all sessions: the open company of a load, and the answers that pages ask of it.

Nobody gets an answer that was computed for someone else: whatever view a page hands in is answered within the viewer's
own scope, and the scope is part of what the memory goes by. A new load is another company with a memory of its own
(analytics/remembering.py, bounded), so that nothing has to be cleared.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from analytics.ask import Ask
from analytics.remembering import Memory, Remembering
from analytics.view import View
from data import demo
from data.engine import Company, open_company
from data.scope import Scope
from data.storage.store import Load, Store
from pages._parts import context

T = TypeVar("T")


#: An earlier load stays open while sessions that began with it end their run, or look back at it.
_companies = Memory(most=2)
#: The published loads of the stores that were looked at, by what their journal's newest entry is.
_loads = Memory(most=8)


def company(store: str, load_id: int) -> Company:
    """The company of one load, opened once for all sessions; it is never changed afterwards."""
    return _companies.answer((store, load_id), lambda: open_company(Path(store), load_id))


def current_load(store: Path) -> Load | None:
    """The load that is published now, or None for a store that is not there or empty. Every run asks this: what has
    been read is read again only when the journal has another newest entry."""
    if not store.exists():
        return None
    opened = Store.open(store)
    return _loads.answer((str(store), _newest(opened.path / "loads" / "_delta_log")), opened.current)


def _newest(journal: Path) -> tuple[int, str, int, int] | None:
    """How many entries, and of the newest its name, size and time."""
    if not journal.is_dir():
        return None
    entries = [entry for entry in os.scandir(journal) if entry.name.endswith(".json")]
    last = max(entries, key=lambda entry: entry.name, default=None)
    return None if last is None else (len(entries), last.name, last.stat().st_size, last.stat().st_mtime_ns)


def is_sample(load: Load) -> bool:
    """Is this the sample company?"""
    return load.profile == demo.PROFILE


class Asked:
    """`Ask` with a memory: every question of analytics/ask.py under the same name and with the same arguments.

    Whatever view is handed in, it is answered within the viewer's own scope.
    """

    def __init__(self, store: str, load_id: int, scope: Scope) -> None:
        self._ask, self._scope = Remembering(Ask(company(store, load_id))), scope

    def __getattr__(self, question: str) -> Callable[..., Any]:
        if question.startswith("_") or not callable(getattr(Ask, question, None)):
            raise AttributeError(question)
        return partial(self._answer, question)

    def remembered(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is made of the answers that this viewer may have, once."""
        return self._ask.remembered((self._scope, key), make)

    def _answer(self, question: str, *args: Any, **named: Any) -> Any:
        return getattr(self._ask, question)(*map(self._mine, args),
                                            **{key: self._mine(value) for key, value in named.items()})

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
