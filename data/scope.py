"""Whose rows may be seen, and which of them are asked for: predicates with bound values.

A `Scope` is what the viewer is allowed to see; `Filters` are what the viewer asks for. Both yield a SQL
fragment in which column names come from the allow-list `contracts.DIMENSIONS` and every value is a bound
parameter, so that a value can never become SQL. Both are hashable, so that they can be part of a cache key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from data.contracts import DIMENSIONS
from data.errors import MvpodError, nearest

#: More chosen values than this in one filter are refused (a person never does that, a script might).
MAX_VALUES = 500

#: Stands for "not known" in filters and groups; the stored value is NULL.
UNKNOWN = "(unknown)"

Values = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Predicate:
    """A SQL fragment (never empty) and its bound parameters."""

    sql: str
    params: dict[str, list[str]]


def _predicate(values: Values, prefix: str) -> Predicate:
    parts, params = [], {}
    for dimension, chosen in values:
        if dimension not in DIMENSIONS:  # the names were checked when the object was made; this is the second lock
            raise MvpodError("E_FILTER", dimension=dimension, known=list(DIMENSIONS),
                             hint=nearest(dimension, list(DIMENSIONS)))
        name = f"{prefix}_{dimension}"
        known = [v for v in chosen if v != UNKNOWN]
        params[name] = known
        clause = f"list_contains(TRY_CAST(${name} AS values_{dimension}[]), {dimension})"  # as coded, not as text
        parts.append(f"({clause} OR {dimension} IS NULL)" if UNKNOWN in chosen else f"coalesce({clause}, false)")
    return Predicate(" AND ".join(parts) or "true", params)


def _values(chosen: Mapping[str, Iterable[str]]) -> Values:
    rows = []
    for dimension, values in sorted(chosen.items()):
        if dimension not in DIMENSIONS:
            raise MvpodError("E_FILTER", dimension=dimension, known=list(DIMENSIONS),
                             hint=nearest(dimension, list(DIMENSIONS)))
        unique = tuple(sorted({str(v) for v in values}))
        if len(unique) > MAX_VALUES:
            raise MvpodError("E_FILTER_SIZE", dimension=dimension, found=len(unique), limit=MAX_VALUES)
        rows.append((dimension, unique))
    return tuple(rows)


@dataclass(frozen=True)
class Scope:
    """The rows a viewer may see: per dimension the allowed values; no dimension at all means everything.

    `show_names`: may the names of contacts be seen? Masked unless allowed (METHOD B20).
    """

    allowed: Values = ()
    show_names: bool = False

    @classmethod
    def everything(cls) -> Scope:
        """The local default: one user, own machine, all rows."""
        return cls()

    @classmethod
    def of(cls, **allowed: Iterable[str]) -> Scope:
        """Only rows whose dimension has one of the given values, e.g. `Scope.of(team=["East"])`."""
        return cls(_values(allowed))

    def predicate(self) -> Predicate:
        """The scope as SQL."""
        return _predicate(self.allowed, "scope")


@dataclass(frozen=True)
class Filters:
    """What the viewer asks for: per dimension the chosen values (none chosen = no filter on it)."""

    chosen: Values = ()

    @classmethod
    def of(cls, chosen: Mapping[str, Iterable[str]] | None = None, **more: Iterable[str]) -> Filters:
        """Filters from a mapping of dimension to values; MvpodError E_FILTER for an unknown dimension."""
        picked = {d: v for d, values in {**(chosen or {}), **more}.items() if (v := list(values))}
        return cls(_values(picked))

    def get(self, dimension: str) -> tuple[str, ...]:
        """The chosen values of one dimension, () if it is not filtered."""
        return dict(self.chosen).get(dimension, ())

    def with_(self, **chosen: Iterable[str]) -> Filters:
        """The same filters with some dimensions replaced (an empty list removes the filter)."""
        return Filters.of({**dict(self.chosen), **{d: list(v) for d, v in chosen.items()}})

    def predicate(self) -> Predicate:
        """The filters as SQL."""
        return _predicate(self.chosen, "filter")


def where(scope: Scope, filters: Filters) -> Predicate:
    """Scope and filters together: the one predicate that every query carries."""
    mine, asked = scope.predicate(), filters.predicate()
    return Predicate(f"({mine.sql}) AND ({asked.sql})", {**mine.params, **asked.params})
