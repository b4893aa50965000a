"""A view: everything that decides which numbers are shown. The URL, the CLI and an export carry the same view."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from data.scope import Filters, Scope

Compare = Literal["previous", "last_year", "none"]
Days = Literal["calendar", "working"]


@dataclass(frozen=True)
class View:
    """As-of date, period [start, end] (both inclusive; None = open-ended), comparison, filters and scope.

    Hashable, so that it can be the key of a cache together with the load id.
    """

    as_of: date
    start: date | None = None
    end: date | None = None
    compare: Compare = "none"
    days: Days = "calendar"
    filters: Filters = field(default_factory=Filters)
    scope: Scope = field(default_factory=Scope.everything)

    def with_(self, **changes: object) -> View:
        """The same view with some parts replaced."""
        return replace(self, **changes)  # type: ignore[arg-type]
