"""Tables that are made when a query first needs them, and the cursor that sees to it.

A page waits only for what it reads; two threads that need a table make it once. Tables of the company stay
(`Shelf`); what several questions have in common on one day is kept while there is room (`Steps`).
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from threading import Lock, RLock
from typing import Any

import duckdb
import pandas as pd

_WORD = re.compile(r"\w+")


class Shelf:
    """Tables that are made when they are first asked for: name -> what makes it."""

    def __init__(self, makers: Mapping[str, Callable[[], None]]) -> None:
        self._makers = makers
        self._missing = frozenset(makers)  # never changed, only replaced: read without the lock
        self._lock = RLock()

    def provide(self, sql: str) -> None:
        """Makes the tables that a query names, unless they are there."""
        if self._missing:
            for name in sorted(self._missing & set(_WORD.findall(sql))):
                self._make(name)

    def _make(self, name: str) -> None:
        with self._lock:
            if name in self._missing:
                self._makers[name]()
                self._missing -= {name}

    def provide_all(self) -> None:
        """Makes what is missing."""
        self.provide(" ".join(self._missing))


#: Gives what is known under a key, else what is worked out then.
Remember = Callable[[Hashable, Callable[[], pd.DataFrame]], pd.DataFrame]


@dataclass
class _Step:
    name: str
    lock: Lock = field(default_factory=Lock)  # held while it is made
    rows: int | None = None  # None: not made yet
    users: int = 0


class Steps:
    """Answers that other queries start from: text and values of a query -> a table that holds its answer.

    Those used last stay: at most `most` (the smallest table takes a megabyte of DuckDB), of `most_rows` rows together.
    What a query is just reading is never dropped.
    """

    def __init__(self, most_rows: int = 2_000_000, most: int = 80) -> None:
        self._most_rows, self._most, self._numbers, self._lock = most_rows, most, count(1), Lock()
        self._steps: OrderedDict[tuple[str, str], _Step] = OrderedDict()

    @contextmanager
    def held(self, cursor: Cursor, sql: str, values: Mapping[str, Any]) -> Iterator[str]:
        """The name of the table, which stays there until the block ends."""
        key = (sql, repr(sorted(values.items())))
        with self._lock:
            step = self._steps.setdefault(key, _Step(f"step_{next(self._numbers)}"))
            self._steps.move_to_end(key)
            step.users += 1
        try:
            with step.lock:
                if step.rows is None:
                    made = cursor.execute(f"CREATE OR REPLACE TABLE {step.name} AS {sql}", dict(values))
                    step.rows = made.fetchall()[0][0]
            self._make_room(cursor)
            yield step.name
        finally:
            with self._lock:
                step.users -= 1

    def _make_room(self, cursor: Cursor) -> None:
        with self._lock:
            over = sum(step.rows or 0 for step in self._steps.values()) - self._most_rows
            dropped = []
            for key, step in list(self._steps.items()):
                if (over > 0 or len(self._steps) > self._most) and not step.users and step.rows is not None:
                    over -= step.rows
                    dropped.append(self._steps.pop(key).name)
        for name in dropped:
            cursor.execute(f"DROP TABLE {name}")


class Cursor:
    """A cursor of a company: one query at a time, of tables that are made when they are first asked for. `remember`:
    who knows the answers of before, if anybody."""

    def __init__(self, con: duckdb.DuckDBPyConnection, shelf: Shelf, steps: Steps,
                 remember: Remember | None = None) -> None:
        self._con, self._shelf, self._steps, self.remember = con, shelf, steps, remember

    def sql(self, sql: str, params: Any = None) -> duckdb.DuckDBPyRelation:
        """The answer, not yet worked out."""
        self._shelf.provide(sql)
        return self._con.sql(sql, params=params)

    def execute(self, sql: str, params: Any = None) -> duckdb.DuckDBPyConnection:
        """The answer, to be fetched."""
        self._shelf.provide(sql)
        return self._con.execute(sql, params)

    def held(self, sql: str, values: Mapping[str, Any]) -> AbstractContextManager[str]:
        """The name of a table with the answer of a query that others start from, there until the block ends."""
        return self._steps.held(self, sql, values)
