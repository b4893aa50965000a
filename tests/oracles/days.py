"""Days in a stage by plain loops over journeys, straight from the definitions, for tests."""

from __future__ import annotations

from collections.abc import Sequence

from tests.journeys import STEPS
from tests.oracles.funnel import Steps, is_passed, order, until


def visits(steps: Steps, as_of: int) -> list[tuple[str, int, int, bool]]:
    """(stage, day of entry, days so far, has ended) of each visit to an open stage that had begun by `as_of`."""
    seen = until(steps, as_of)
    ends: list[int | None] = [day for day, _ in seen[1:]] + [None]
    return [(stage, day, (as_of if end is None else end) - day, end is not None)
            for (day, stage), end in zip(seen, ends, strict=False) if stage in STEPS]


def durations(journeys: Sequence[Steps], as_of: int, start: int, end: int, stage: str) -> list[tuple[int, bool]]:
    """(days, has ended) of all visits to a stage that began in the period."""
    found = [v for journey in journeys for v in visits(journey, as_of) if v[0] == stage and start <= v[1] <= min(end,
                                                                                                                 as_of)]
    return [(days, ended) for _, _, days, ended in found]


def totals(journeys: Sequence[Steps], as_of: int, start: int, end: int, stage: str) -> list[tuple[int, bool]]:
    """(days of all visits together, came further) of each opportunity whose first visit began in the period."""
    found = []
    for journey in journeys:
        mine = [v for v in visits(journey, as_of) if v[0] == stage]
        if mine and start <= mine[0][1] <= min(end, as_of):
            steps = until(journey, as_of)
            first = next(i for i, (_, s) in enumerate(steps) if s == stage)
            found.append((sum(days for _, _, days, _ in mine), is_passed(steps, order(stage), first, False)))
    return found


def mean(days: Sequence[int]) -> float | None:
    """Mean; None of nothing."""
    return sum(days) / len(days) if days else None
