"""The readings of conversion by plain loops over journeys, straight from the definitions, for tests.

A journey is [(day, stage), …] in time order. Nothing here knows of marts or SQL: what happened after the as-of
day is cut off first, so that an answer that looks into the future differs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from tests.journeys import CLOSINGS, STEPS

Steps = Sequence[tuple[int, str]]
TOP = len(STEPS)


def order(stage: str) -> int:
    """1, 2, 3 for open stages, one more for won, 0 for the other closings."""
    return TOP + 1 if stage == "won" else 0 if stage in CLOSINGS else STEPS.index(stage) + 1


def until(steps: Steps, as_of: int) -> list[tuple[int, str]]:
    """What had happened by `as_of`, consecutive rows of one stage as one."""
    kept: list[tuple[int, str]] = []
    for day, stage in steps:
        if day <= as_of and not (kept and kept[-1][1] == stage):
            kept.append((day, stage))
    return kept


def closing(steps: Steps) -> str | None:
    """The first of the closings in which the journey ends; None if it is open."""
    found = None
    for _, stage in reversed(steps):
        if stage not in CLOSINGS:
            return found
        found = stage
    return found


def first_reach(steps: Steps, k: int) -> tuple[int, bool] | None:
    """Index of the step at which stage k was reached, and whether by passing over it."""
    for i, (_, stage) in enumerate(steps):
        if order(stage) == k:
            return i, False
        if i and steps[i - 1][1] not in CLOSINGS and 0 < order(steps[i - 1][1]) < k < order(stage):
            return i, True
    return None


def is_passed(steps: Steps, k: int, i: int, skipped: bool) -> bool:
    """Did it come to a later stage, or win, after step i?"""
    return any(order(stage) > k for _, stage in steps[i if skipped else i + 1:])


def reached(journeys: Sequence[Steps], as_of: int, start: int, end: int) -> dict[str, Counter[str]]:
    """F3: per stage the counts n, reached, lost, open, regressed, skipped, void."""
    counts = {stage: Counter[str]() for stage in STEPS}
    for journey in journeys:
        steps = until(journey, as_of)
        for k, stage in enumerate(STEPS, 1):
            found = first_reach(steps, k)
            if found is None or not start <= steps[found[0]][0] <= min(end, as_of):
                continue
            i, skipped = found
            _count(counts[stage], is_passed(steps, k, i, skipped), closing(steps))
            if closing(steps) != "void" or is_passed(steps, k, i, skipped):
                counts[stage]["skipped"] += skipped
                counts[stage]["regressed"] += any(
                    a == stage and b not in CLOSINGS and order(b) < k for (_, a),
                    (_, b) in pairwise(steps))
    return counts


def strict(journeys: Sequence[Steps], as_of: int, start: int, end: int) -> dict[str, Counter[str]]:
    """F3s: per stage n, reached (in order), lost, open, void, out_of_order."""
    counts = {stage: Counter[str]() for stage in STEPS}
    for journey in journeys:
        steps = until(journey, as_of)
        at = -1
        for k, stage in enumerate(STEPS, 1):
            at = next((i for i, (_, s) in enumerate(steps) if i > at and s == stage), len(steps))
            if at == len(steps):
                break
            i, skipped = first_reach(steps, k) or (0, False)
            if not start <= steps[i][0] <= min(end, as_of):
                continue
            following = "won" if k == TOP else STEPS[k]
            in_order = any(s == following for _, s in steps[at + 1:])
            if not in_order and is_passed(steps, k, i, skipped):
                counts[stage].update(n=1, out_of_order=1)
            else:
                _count(counts[stage], in_order, closing(steps))
    return counts


def cohort(journeys: Sequence[Steps], before: int, after: int) -> dict[str, Counter[str]]:
    """F2: per stage the fate, by the end of `after`, of those that stood in it at the end of `before`."""
    counts = {stage: Counter[str]() for stage in STEPS}
    for journey in journeys:
        was, steps = until(journey, before), until(journey, after)
        if was and was[-1][1] in STEPS:
            k = order(was[-1][1])
            later = steps[len(was):]
            _count(counts[was[-1][1]], any(order(s) > k for _, s in later),
                   steps[-1][1] if steps[-1][1] in CLOSINGS else None)
    return counts


def _count(counts: Counter[str], passed: bool, closed: str | None) -> None:
    if passed:
        counts.update(n=1, reached=1)
    elif closed is None:
        counts.update(n=1, open=1)
    elif closed in ("lost", "no_decision"):
        counts.update(n=1, lost=1)
    else:
        counts.update({closed: 1})
