"""Whom a pack asks: each question once for the cards of a pack, its other languages, and the packs after it."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from functools import wraps
from threading import Lock
from typing import Any, cast
from weakref import WeakKeyDictionary

import pandas as pd

from analytics.ask import Ask

#: Answers kept per open load; a pack of fifteen charts asks about sixty questions.
_MOST = 400


class _Memory:
    """Answers to the questions of one open load, those asked longest ago forgotten first. For any thread."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def answer(self, key: Hashable, ask: Callable[[], Any]) -> Any:
        """What is known, else what `ask` says; nobody gets the table of another."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return _own(self._answers[key])
        found = ask()
        with self._lock:
            self._answers[key] = _own(found)
            while len(self._answers) > _MOST:
                self._answers.popitem(last=False)
        return found


#: A load is never changed after it was opened, so that its answers hold as long as it is open.
_memories: WeakKeyDictionary[object, _Memory] = WeakKeyDictionary()


class Remembering(Ask):
    """`Ask` with a memory that all packs of an open load share, or (`anew`) with one of its own, still empty. Views
    carry their scope, so that nobody gets an answer that was found for somebody else."""

    def __init__(self, ask: Ask, anew: bool = False) -> None:
        super().__init__(ask.company)
        self.memory = _Memory() if anew else _memories.setdefault(ask.company.shelf, _Memory())


def _once(name: str, question: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(question)
    def asked(self: Remembering, *args: Any, **named: Any) -> Any:
        key = (name, tuple(map(_fixed, args)), tuple(sorted((n, _fixed(v)) for n, v in named.items())))
        return self.memory.answer(key, lambda: question(self, *args, **named))
    return asked


def _fixed(value: Any) -> Hashable:
    """A value as part of a key: what an answer handed on to the next question says, or the value itself."""
    try:
        hash(value)
    except TypeError:
        return pickle.dumps(value)
    return cast(Hashable, value)


def _own(value: Any) -> Any:
    """An answer that its reader may change."""
    if isinstance(value, pd.DataFrame | pd.Series):
        return value.copy()
    if isinstance(value, Mapping):
        return {key: _own(part) for key, part in value.items()}
    return [_own(part) for part in value] if isinstance(value, list) else value


#: Questions, asked of their own kind too: what `standards` asks of `metric` is known to the next card.
for _name in dir(Ask):
    if not _name.startswith("_") and callable(getattr(Ask, _name)):
        setattr(Remembering, _name, _once(_name, getattr(Ask, _name)))
