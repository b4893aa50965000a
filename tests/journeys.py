"""Opportunities told as journeys, for tests: a few dated stages each, made into a company that can be asked.

The pipeline is lead (1), meeting (2), proposal (3), then won, lost, no_decision or void. Days are numbers: day 0 is
2026-01-01 (a Thursday), and a test's as-of day is a number too. Working days are Monday to Friday.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from analytics.ask import Ask
from analytics.view import View
from data.contracts import TABLES
from data.engine import company_of
from data.marts.history import marts_of
from data.scope import Filters, Scope
from data.settings import Calendar, Organisation, Pipeline, SegmentRule, Settings, Stage

STEPS = ("lead", "meeting", "proposal")
CLOSINGS = ("won", "lost", "no_decision", "void")
DAY_0 = date(2026, 1, 1)
SALES = Settings(
    organisation=Organisation(name="Test", base_currency="CNY", timezone="UTC"),
    segments=(SegmentRule("KA"), SegmentRule("SMB")),
    pipelines=(Pipeline("sales", stages=(
        Stage("lead", probability=0.1), Stage("meeting", probability=0.4), Stage("proposal", probability=0.6),
        *(Stage(kind, kind=kind, probability=float(kind == "won")) for kind in CLOSINGS))),),
    calendar=Calendar(base="weekends"),
)


@dataclass(frozen=True)
class Journey:
    """One opportunity: [(day, stage), …], a day being a number or an instant; other columns by name."""

    steps: Sequence[tuple[int | datetime, str]]
    amount: float | None = 100
    id: str = ""
    columns: Mapping[str, Any] = field(default_factory=dict)
    #: days on which it was in a status of its own: {day: status}, in force until the next one
    statuses: Mapping[int, str] = field(default_factory=dict)
    #: first day on which the exports do not show it any more
    gone_on: int | None = None
    #: first day on which the exports show it: it was recorded late
    shown_from: int = 0


def day(number: int) -> date:
    """The date of a day number."""
    return DAY_0 + timedelta(days=number)


def asked(journeys: Sequence[Journey], *, today: int = 364, weekly: bool = False, settings: Settings = SALES,
          with_events: bool = True) -> Ask:
    """A company with these journeys, exported on `today` (or also every week, for what only snapshots show)."""
    named = [(j.id or f"o{i:03d}", j) for i, j in enumerate(journeys)]
    seen = sorted({today, *range(today % 7, today, 7)}) if weekly else [today]
    rows = [row for name, j in named for n in seen if (row := _row(name, j, n)) is not None]
    opportunity = _table("opportunity", rows)
    changes = _table("stage_change", [row for name, j in named if with_events for row in _events(name, j)])
    marts = marts_of(opportunity, changes, settings)
    return Ask(company_of({"opportunity": opportunity, "stage_change": changes, **marts}, settings))


def view(as_of: int, start: int | None = None, end: int | None = None, *, days: str = "calendar",
         scope: Scope | None = None,
         compare: str = "none", **filters: Sequence[str]) -> View:
    """A view by day numbers."""
    first, last = (None if n is None else day(n) for n in (start, end))
    return View(day(as_of), first, last, compare, days, Filters.of(filters),
                scope or Scope.everything())  # type: ignore[arg-type]


def _date(moment: int | datetime) -> date:
    return day(moment) if isinstance(moment, int) else moment.date()


def _row(name: str, journey: Journey, number: int) -> dict[str, Any] | None:
    """What an export of that day shows of an opportunity; None before it exists and after it is gone."""
    steps = [(_date(m), stage) for m, stage in journey.steps if _date(m) <= day(number)]
    if not steps or number < journey.shown_from or (journey.gone_on is not None and number >= journey.gone_on):
        return None
    since, stage = steps[-1]
    status = stage if stage in CLOSINGS else "open"
    status = next((s for n, s in sorted(journey.statuses.items(), reverse=True) if n <= number), status)
    amount = None if journey.amount is None else Decimal(str(journey.amount))
    return {"opportunity_id": name, "pipeline": "sales", "stage": stage, "status": status, "amount": amount,
            "amount_base": amount, "currency": "CNY", "created_on": steps[0][0], "snapshot_date": day(number),
            "closed_on": since if stage in CLOSINGS else None, **journey.columns}


def _events(name: str, journey: Journey) -> list[dict[str, Any]]:
    rows = []
    for number, (moment, stage) in enumerate(journey.steps):
        exact = isinstance(moment, datetime)
        at = moment if isinstance(moment, datetime) else datetime.combine(day(moment), datetime.min.time())
        rows.append({"opportunity_id": name, "changed_at": at.replace(tzinfo=UTC), "to_stage": stage,
                     "pipeline": "sales",
                     "is_date_only": not exact, "file_order": number})
    return rows


def _table(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    schema = TABLES[name].schema()
    return pa.Table.from_pylist([{f.name: row.get(f.name) for f in schema} for row in rows], schema=schema)
