"""The bridge between two exports, one opportunity after the other: nothing of the product, no SQL, no marts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

Row = Mapping[str, Any]
Keep = Callable[[Row], bool]
CLOSED = ("won", "lost", "no_decision", "void")


def bridge(
    rows: Sequence[Row], first: date, last: date, keep: Keep, keep_others: Keep
) -> dict[str, tuple[int, float, int]]:
    """part -> (opportunities, amount, of them without an amount), from the rows of all exports.

    `keep`: does a row belong to the view?  `keep_others`: does it, whoever owns it?
    """
    shown: dict[str, dict[date, Row]] = defaultdict(dict)
    for row in rows:
        shown[row["opportunity_id"]][row["snapshot_date"]] = row
    found: dict[str, list[float | None]] = defaultdict(list)
    for days in shown.values():
        for part, amount in _parts(days, first, last, keep, keep_others):
            found[part].append(amount)
    return {
        part: (len(a), round(sum(x for x in a if x is not None), 2), sum(x is None for x in a))
        for part, a in found.items()
    }


def _parts(
    days: Mapping[date, Row], first: date, last: date, keep: Keep, keep_others: Keep
) -> list[tuple[str, float | None]]:
    then, now = days.get(first), days.get(last)
    was_in = then is not None and then["status"] in ("open", "paused") and keep(then)
    is_in = now is not None and now["status"] in ("open", "paused") and keep(now)
    parts: list[tuple[str, float | None]] = []
    if was_in:
        assert then is not None
        parts.append(("start", then["amount"]))
        if now is None:
            parts.append(("removed", then["amount"]))
        elif not keep(now):
            parts.append(("owner_out" if keep_others(now) else "moved_out", then["amount"]))
        else:
            if now["amount"] != then["amount"]:
                a, b = then["amount"] or 0, now["amount"] or 0
                parts.append(("increased" if b > a else "decreased", abs(b - a)))
            if not is_in:
                parts.append((_left(now), now["amount"]))
    elif now is not None and keep(now) and (how := _came(days, then, now, first, last, keep_others)):
        parts.append((how, now["amount"]))
        if not is_in:
            parts.append((_left(now), now["amount"]))
    if is_in:
        assert now is not None
        parts.append(("end", now["amount"]))
    return parts


def _left(row: Row) -> str:
    return "postponed" if row["status"] == "future" else str(row["status"])


def _came(
    days: Mapping[date, Row], then: Row | None, now: Row, first: date, last: date, keep_others: Keep
) -> str | None:
    if then is None:
        return "new" if now["created_on"] > first else "restored"
    is_open = now["status"] in ("open", "paused")
    if then["status"] in CLOSED:
        between = [days[d] for d in sorted(days) if first < d <= last]
        return "reopened" if is_open or any(r["status"] in ("open", "paused", "future") for r in between) else None
    if then["status"] == "future":
        return "woken" if is_open or now["status"] in CLOSED else None
    return "owner_in" if keep_others(then) else "moved_in"
