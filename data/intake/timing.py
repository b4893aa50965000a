"""What the dates of an export say of the snapshot date it is imported for: nothing in it can be later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from data.contracts import CLOSING_KINDS
from data.errors import MvpodError
from data.mapping.stages import Stages
from data.notes import Note

#: An export whose newest date lies so many days before its snapshot date is told, or refused.
WARN_DAYS, REFUSE_DAYS = 60, 366

#: Dates of things that have happened. Plans (expected close, wake-up) may lie ahead.
_PAST = {
    "opportunity": ("created_on", "closed_on", "stage_entered_on", "last_activity_on"),
    "stage_change": ("changed_at",),
    "activity": ("occurred_at",),
}


@dataclass(frozen=True)
class Later:
    """Rows of a table that tell what came after their snapshot date: a mask, and the day that each row names."""

    target: str
    column: str
    rows: pa.ChunkedArray
    days: pa.ChunkedArray
    count: int
    example: str


def later(tables: Mapping[str, pa.Table], as_of: date, stages: Stages) -> Iterator[Later]:
    """Opportunities closed after their snapshot date, and stage events after the load's (`as_of`); none if there are
    none. A close date of an open opportunity is a plan and may lie ahead; so may that of one whose events tell its
    closing: the plan was left standing, and the events are believed."""
    zone = stages.settings.organisation.timezone
    if (table := tables.get("opportunity")) is not None:
        told = pc.is_in(table.column("opportunity_id"), value_set=_closed_by_events(tables, as_of, stages))
        closed = pc.and_not(pc.is_in(table.column("status"), value_set=pa.array(CLOSING_KINDS)), told)
        days = table.column("closed_on")
        yield from _found("opportunity", "closed_on", table, days,
                          pc.and_(closed, pc.greater(days, table.column("snapshot_date"))))
    if (table := tables.get("stage_change")) is not None:
        days = _days(table, "changed_at", zone)
        yield from _found("stage_change", "changed_at", table, days, pc.greater(days, pa.scalar(as_of)))


def _found(target: str, column: str, table: pa.Table, days: pa.ChunkedArray, mask: pa.ChunkedArray) -> Iterator[Later]:
    mask = pc.fill_null(mask, False)
    count = pc.sum(mask).as_py() or 0
    if count:
        first = pc.index(mask, True).as_py()
        example = f"{table.column('opportunity_id')[first].as_py()}: {days[first].as_py()}"
        yield Later(target, column, mask, days, count, example)


def _closed_by_events(tables: Mapping[str, pa.Table], as_of: date, stages: Stages) -> pa.Array:
    """The opportunities of which an event up to `as_of` tells a closing."""
    if (events := tables.get("stage_change")) is None:
        return pa.array([], pa.string())
    names = [n for n in pc.unique(events.column("to_stage")).to_pylist() if n]
    closing = [n for n in names if (key := stages.find(None, n)[1]) and stages.kind(None, key) in CLOSING_KINDS]
    hit = pc.and_(pc.is_in(events.column("to_stage"), value_set=pa.array(closing, pa.string())),
                  pc.less_equal(_days(events, "changed_at", stages.settings.organisation.timezone), pa.scalar(as_of)))
    return pc.unique(events.filter(hit).column("opportunity_id"))


def _days(table: pa.Table, column: str, zone: str) -> pa.ChunkedArray:
    """A date column, or the days of an instant column in the organisation's zone."""
    values = table.column(column)
    if pa.types.is_date(values.type):
        return values
    return pc.local_timestamp(values.cast(pa.timestamp("us", tz=zone))).cast(pa.timestamp("s"), safe=False).cast(
        pa.date32(), safe=False)


def newest(tables: Mapping[str, pa.Table], zone: str) -> date | None:
    """The newest date of anything that has happened (closings of closed opportunities only), None if none is known."""
    found = [pc.max(_days(tables[t], column, zone)).as_py() for t, columns in _PAST.items() if t in tables
             for column in columns if column in tables[t].column_names]
    return max((day for day in found if day), default=None)


def far(as_of: date, last: date | None, *, has_own_dates: bool) -> Note | None:
    """A note where the newest date lies long before the snapshot date, E_AS_OF_FAR where it lies very long before.
    Snapshot dates that the files themselves name are believed."""
    if last is None or has_own_dates or (as_of - last).days < WARN_DAYS:
        return None
    fields = {"as_of": as_of.isoformat(), "newest": last.isoformat(), "days": (as_of - last).days}
    if (as_of - last).days > REFUSE_DAYS:
        raise MvpodError("E_AS_OF_FAR", limit=REFUSE_DAYS, **fields)
    return Note.of("N_AS_OF_FAR", **fields)
