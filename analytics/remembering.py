"""`Ask` with a memory: each question and each query behind it once for all sessions, pages and packs of an open load.

An answer is worked out once, however many ask for it at the same time: the others wait for it. What is kept is bounded
in number and in size; what was asked for longest ago is forgotten first.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import wraps
from threading import Event, Lock
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

import pandas as pd

from analytics.ask import Ask
from analytics.view import View
from data.engine import Company

T = TypeVar("T")

#: Entries kept per open load. A view of a page takes twenty to sixty.
MOST = 20_000
#: Bytes kept per open load, roughly (`weight`): a view of a page takes about one MiB, so that a hundred stay known.
HEAVIEST = 128 * 2**20
#: As measured: a cell is a number or points to a text that many share.
_FRAME, _CELL, _OTHER, _FIGURE = 2000, 12, 200, 45_000
#: Questions about what stands on the day, or what followed of it: no period and no comparison changes their answers.
#: They are asked without either, so that the same view of another period knows them.
OF_A_DAY = frozenset((
    "attention", "attention_outcomes", "attention_pack", "attention_points", "attention_rates", "attention_spend",
    "attention_waiting", "chains", "closeness_summary", "closeness_weeks", "forecast", "forecast_replay",
    "headline_ahead", "holders", "is_one_export", "largest_accounts", "options", "quality_codes", "quality_fields",
    "quality_sources", "quality_twin_groups", "quality_twins", "quality_unknowns", "support_load", "support_measured",
    "target_coverage", "win_events", "win_movers", "win_portfolio", "win_rivals", "win_strategies"))


class Memory:
    """Answers to the questions of one open load. For any thread."""

    def __init__(self, most: int = MOST, heaviest: int = HEAVIEST) -> None:
        self._most, self._heaviest, self._weight = most, heaviest, 0
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._under_way: dict[Hashable, Event] = {}
        self._lock = Lock()

    def answer(self, key: Hashable, ask: Callable[[], T]) -> T:
        """What is known, else what `ask` says; nobody gets the table of another. A failure is not kept."""
        mine = Event()
        while True:
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return cast(T, own(self._kept[key][0]))
                other = self._under_way.setdefault(key, mine)
            if other is mine:
                break
            other.wait()
        try:
            found = ask()
            self._keep(key, own(found))
            return found
        finally:
            with self._lock:
                del self._under_way[key]
            mine.set()

    def _keep(self, key: Hashable, found: Any) -> None:
        heavy = weight(found)
        with self._lock:
            self._kept[key] = found, heavy
            self._weight += heavy
            while len(self._kept) > self._most or self._weight > self._heaviest:
                self._weight -= self._kept.popitem(last=False)[1][1]

    @property
    def size(self) -> tuple[int, int]:
        """Entries that are kept, and their bytes (roughly)."""
        return len(self._kept), self._weight


#: A load is never changed after it was opened, so that its answers hold as long as it is open.
_memories: WeakKeyDictionary[object, Memory] = WeakKeyDictionary()
_lock = Lock()


def memory_of(company: Company) -> Memory:
    """The memory that all who ask the same open load share."""
    with _lock:
        return _memories.setdefault(company.shelf, Memory())


def forget() -> None:
    """Know nothing of any load; for tests."""
    _memories.clear()


class Remembering(Ask):
    """`Ask` with the memory that all of an open load share, or (`anew`) with one of its own, still empty. Views carry
    their scope, so that nobody gets an answer that was found for somebody else."""

    def __init__(self, of: Ask | Company, anew: bool = False) -> None:
        company = of.company if isinstance(of, Ask) else of  # as `Ask`: who compares loads asks another in the same way
        self.memory = Memory() if anew else memory_of(company)
        super().__init__(replace(company, remember=self.memory.answer))

    def remembered(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is made of answers, once."""
        return self.memory.answer(key, make)


def _once(name: str) -> Callable[..., Any]:
    @wraps(getattr(Ask, name))
    def asked(self: Remembering, *args: Any, **named: Any) -> Any:
        if name in OF_A_DAY:
            args = tuple(map(_without_period, args))
            named = {key: _without_period(value) for key, value in named.items()}
        key = (name, tuple(map(_fixed, args)), tuple(sorted((n, _fixed(v)) for n, v in named.items())))
        return self.memory.answer(key, lambda: getattr(Ask, name)(self, *args, **named))
    return asked


def _without_period(value: Any) -> Any:
    return value.with_(start=None, end=None, compare="none") if isinstance(value, View) else value


def _fixed(value: Any) -> Hashable:
    """A value as part of a key: what an answer handed on to the next question says, or the value itself."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return tuple(value)  # groups are named as a list here and as a tuple there
    try:
        hash(value)
    except TypeError:
        return pickle.dumps(value)
    return cast(Hashable, value)


def own(value: Any) -> Any:
    """An answer that its reader may change.

    Frames are copied with their numbers. pandas would copy them no sooner than they are written to, but keeps a list of
    all that ever shared them, up to five hundred for each column of each answer: most of what a busy server held.
    """
    if isinstance(value, pd.DataFrame | pd.Series):
        return value.copy()
    if isinstance(value, Mapping):
        return {key: own(part) for key, part in value.items()}
    if isinstance(value, list):
        return [own(part) for part in value]
    if is_dataclass(value) and not isinstance(value, type):
        parts = {f.name: getattr(value, f.name) for f in fields(value)}
        mine = {name: own(part) for name, part in parts.items() if isinstance(part, pd.DataFrame | Mapping | list)}
        return replace(value, **mine) if mine else value
    return value


def weight(value: Any) -> int:
    """About how many bytes an answer takes."""
    if isinstance(value, pd.DataFrame | pd.Series):
        return _FRAME + _CELL * int(value.size)
    if isinstance(value, Mapping):
        return _OTHER + sum(map(weight, value.values()))
    if isinstance(value, list | tuple):
        return _OTHER + sum(map(weight, value))
    if is_dataclass(value) and not isinstance(value, type):
        return _OTHER + sum(weight(getattr(value, f.name)) for f in fields(value))
    return _FIGURE if hasattr(value, "to_plotly_json") else _OTHER


#: Questions, asked of their own kind too: what `standards` asks of `metric` is known to the next card.
for _name in dir(Ask):
    if not _name.startswith("_") and _name not in vars(Remembering) and callable(getattr(Ask, _name)):
        setattr(Remembering, _name, _once(_name))
