"""What a metric is: one frozen record. The metrics themselves are declared in registry.py and the files beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import pandas as pd

from analytics.metrics.frames import Context

Calculate = Callable[[Mapping[str, pd.DataFrame], Context, Sequence[str]], pd.DataFrame]
Direction = Literal["up", "down", "neutral"]
Unit = Literal["share", "days", "money", "ratio", "points", "number"]
#: How parts make the whole: "counts" add up over groups, the value does not; "value" adds up itself; "none".
Additivity = Literal["counts", "value", "none"]

Text = Mapping[str, str]

#: Who is counted in a stock of what is open.
OPEN: Text = MappingProxyType({
    "en": "Opportunities open on the as-of date, paused ones included, postponed ones not.",
    "zh": "截至日在手的商机，含暂停，不含未来机会。"})


@dataclass(frozen=True)
class Metric:
    """One metric.

    key, label, definition, formula: what it is called and what it says, in both languages
    unit, direction: what the value is measured in, and whether more is better ("up"), worse ("down") or neither
    grain: what one row is about, besides the groups asked for;  population: who is in it, and by which date
    needs: columns without which it cannot be known;  minimum: fewest events for which a value is shown
    queries, calculate: where the counts come from and what makes rows of them
    options: further parameters with their allowed values, the first is the default
    shared: what it has in common with other metrics of the same counts; worked out once, the one answer that it needs
    """

    key: str
    label: Text
    definition: Text
    formula: Text
    unit: Unit
    direction: Direction
    grain: tuple[str, ...]
    population: Text
    additivity: Additivity
    needs: tuple[str, ...]
    minimum: int
    source: str
    queries: tuple[str, ...]
    calculate: Calculate = field(repr=False)
    options: Mapping[str, tuple[int, ...]] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    shared: Calculate | None = field(default=None, repr=False)

    @property
    def family(self) -> str:
        """The part of the key before the dot."""
        return self.key.split(".")[0]
