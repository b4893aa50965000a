"""Tables that are made when a query first names them, and the cursor that sees to it.

A page waits only for what it reads; two threads that need a table make it once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from threading import RLock
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


class Cursor:
    """A cursor of a company: one query at a time, of tables that are made when they are first asked for. `remember`:
    who knows the answers of before, if anybody."""

    def __init__(self, con: duckdb.DuckDBPyConnection, shelf: Shelf, remember: Remember | None = None) -> None:
        self._con, self._shelf, self.remember = con, shelf, remember

    def sql(self, sql: str, params: Any = None) -> duckdb.DuckDBPyRelation:
        """The answer, not yet worked out."""
        self._shelf.provide(sql)
        return self._con.sql(sql, params=params)

    def execute(self, sql: str, params: Any = None) -> duckdb.DuckDBPyConnection:
        """The answer, to be fetched."""
        self._shelf.provide(sql)
        return self._con.execute(sql, params)
