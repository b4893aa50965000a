"""A small sample company as its CRM would export it: the state of one day, and the events that led to it.

Each module beside this one writes it in the files of one system (`write`), and says as which canonical tables that
system can carry it (`carried`): what is not in there, its exports do not know.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from data.contracts import CLOSING_KINDS, TABLES
from data.demo import END, build, demo_settings

Row = dict[str, Any]
Tables = dict[str, list[Row]]
ZONE = ZoneInfo("Asia/Shanghai")
#: The last weekly snapshots, the newest last.
DAYS = [date.fromordinal(END.toordinal() - 7 * i) for i in range(2, -1, -1)]
PIPELINES = {p.key: p for p in demo_settings().pipelines}


@cache
def _company() -> dict[str, pa.Table]:
    return build(accounts=50, opportunities=200, weeks=40)


def tables(day: date = END) -> Tables:
    """Opportunities, accounts and owners as they stood on a day, and the stage changes up to its end, in time order."""
    return {name: _rows(name, day) for name in ("opportunity", "account", "owner", "stage_change")}


def _rows(name: str, day: date) -> list[Row]:
    table = _company()[name]
    if TABLES[name].kind == "state":
        shown = pc.less_equal(table.column("snapshot_date"), pa.scalar(day))
        last = pc.max(table.filter(shown).column("snapshot_date"))
        return table.filter(pc.equal(table.column("snapshot_date"), last)).drop_columns(["snapshot_date"]).to_pylist()
    return sorted((row for row in table.to_pylist() if row["changed_at"].astimezone(ZONE).date() <= day),
                  key=lambda row: (row["changed_at"], row["file_order"]))


def arrow(rows: Mapping[str, list[Row]]) -> dict[str, pa.Table]:
    """Rows as canonical Arrow tables, the columns that nobody filled empty."""
    return {name: pa.Table.from_pylist(found, TABLES[name].schema()) for name, found in rows.items()}


def only(rows: Iterable[Row], *columns: str) -> list[Row]:
    """Rows with nothing but some columns."""
    return [{c: row[c] for c in columns} for row in rows]


def is_closed(row: Row) -> bool:
    """Whether an opportunity is closed."""
    return row["status"] in CLOSING_KINDS


def at_loss(found: Tables) -> dict[str, Row]:
    """Per opportunity its last event that entered an open stage: where it stands, or stood when it closed."""
    return {e["opportunity_id"]: e for e in found["stage_change"] if e["to_stage"] not in CLOSING_KINDS}


def with_stage(found: Tables) -> Tables:
    """As a system tells it where closing is a status: every record has a stage and its date. Closed ones of which we do
    not know the stage are left out, open ones have come to theirs on the day that our CRM names."""
    last = at_loss(found)
    kept = [row for row in found["opportunity"] if row["opportunity_id"] in last or not is_closed(row)]
    dated = [{"opportunity_id": row["opportunity_id"], "pipeline": row["pipeline"], "to_stage": row["stage"],
              "from_stage": None, "changed_by": row["owner_id"], "file_order": 0, "is_date_only": False,
              "changed_at": datetime.combine(row["stage_entered_on"], time(4), UTC)}
             for row in kept if row["opportunity_id"] not in last]
    return {**found, "opportunity": kept, "stage_change": [*found["stage_change"], *dated]}


def by_status(day: date, *columns: str) -> Tables:
    """What such a system says where its statuses are won, lost and open; of opportunities these `columns`."""
    found = with_stage(tables(day))
    rows = only(found["opportunity"], "opportunity_id", "account_id", "name", "pipeline", "stage", "status", "owner_id",
                "created_on", "expected_close_on", "closed_on", "lead_source", "loss_reason", "probability", *columns)
    for row in rows:
        if is_closed(row):
            row["status"] = row["stage"] = "won" if row["status"] == "won" else "lost"
        else:
            row["status"] = "open"
    events = [{**e, "to_stage": "lost" if e["to_stage"] in ("no_decision", "void") else e["to_stage"]}
              for e in found["stage_change"]]
    return {"opportunity": rows, "account": found["account"], "owner": found["owner"], "stage_change": events}


def number(own: str | None) -> str:
    """An id of ours as a number."""
    return "" if own is None else str(int(own[1:]))


def closing(row: Row) -> datetime | None:
    """The instant of a closing, of which our CRM knows the day."""
    return row["closed_on"] and datetime.combine(row["closed_on"], time(12), ZONE)


def label(pipeline: str, stage: str, lang: str = "en") -> str:
    """What a stage is called."""
    return demo_settings().stage_label(pipeline, stage, lang)


def noon(day: date | None) -> str:
    """Noon in China as an instant of UTC: the same day in both."""
    return "" if day is None else iso(datetime.combine(day, time(4), UTC))


def iso(moment: datetime | None) -> str:
    """An instant as exports write it."""
    return "" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plain(moment: datetime | None) -> str:
    """An instant of UTC without its offset."""
    return iso(moment).replace("T", " ").removesuffix("Z")


def percent(share: float | None) -> str:
    """A share as a percentage."""
    return "" if share is None else f"{100 * share:g}"


def put(folder: Path, name: str, rows: Sequence[Mapping[str, Any]], **form: Any) -> None:
    """A CSV file of rows that all have the same columns; None is an empty cell."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", encoding=form.pop("encoding", "utf-8"), newline="") as file:
        out = csv.DictWriter(file, list(rows[0]), **form)
        out.writeheader()
        out.writerows(rows)
