"""What checked rows inherit from each other and from the store, before anything is written.

Opportunities get their derived columns, events the pipeline of their opportunity, opportunities that no export has
listed are told from their events, and stored snapshots are brought up to date when their accounts come later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from data.contracts import TABLES
from data.engine import parquet
from data.enrich import FROM_EVENTS, conform, differing, enrich, from_events
from data.errors import MvpodError
from data.intake.checking import Checked
from data.mapping.stages import Stages, Unknown, resolve, with_status
from data.marts.history import dates_of
from data.notes import Note
from data.settings import Settings

#: State tables of which a snapshot that is much smaller than the last one is held for confirmation.
WATCHED = ("opportunity", "account")

#: The Parquet files of a stored table.
Files = Callable[[str], list[str]]

def _stored(target: str, files: Files, without: Sequence[date], latest_only: bool = False) -> str:
    """SQL source: what the store has of a state table, the dates that are being replaced left out."""
    names = ", ".join(TABLES[target].schema().names)
    found = [(day, file) for file in files(target) for day in dates_of([file]) if day not in set(without)]
    last = max((day for day, _ in found), default=None)
    kept = [file for day, file in found if not latest_only or day == last]
    return f"(SELECT {names} FROM {parquet(kept, TABLES[target])})"


def _with_new(target: str, checked: Checked, files: Files, con: duckdb.DuckDBPyConnection,
              latest_only: bool = False) -> str:
    """SQL source: the state table as it will be after this import (of what is stored, the latest snapshot only)."""
    table = checked.tables.get(target)
    if table is None:
        return _stored(target, files, (), latest_only)
    days = pc.unique(table.column("snapshot_date")).to_pylist()
    con.register(f"new_{target}", conform(table, target))
    return f"(FROM {_stored(target, files, days, latest_only)} UNION ALL BY NAME FROM new_{target})"


def complete(checked: Checked, files: Files, settings: Settings, con: duckdb.DuckDBPyConnection) -> list[date]:
    """Derived columns, pipelines of events, opportunities that only events know; returns the snapshot dates of
    opportunities that are new or changed."""
    account, owner = (_with_new(t, checked, files, con) for t in ("account", "owner"))
    if "stage_change" in checked.tables:
        if "opportunity" in checked.tables:  # their pipelines are decided first, the events follow them
            checked.tables["opportunity"] = _enriched(checked, account, owner, settings, con)
        _place_events(checked, files, settings, con)
        _synthesise(checked, files, settings, con)
    if (opportunity := checked.tables.get("opportunity")) is not None and "amount_base" not in opportunity.column_names:
        checked.tables["opportunity"] = _enriched(checked, account, owner, settings, con)
    _refresh(checked, files, account, owner, settings, con)
    opportunity = checked.tables.get("opportunity")
    return sorted(pc.unique(opportunity.column("snapshot_date")).to_pylist()) if opportunity is not None else []


def _enriched(checked: Checked, account: str, owner: str, settings: Settings,
              con: duckdb.DuckDBPyConnection) -> pa.Table:
    raw = conform(checked.tables["opportunity"], "opportunity")
    _note_assumed(raw, checked, settings)
    return enrich(raw, account, owner, settings, con)


def _note_assumed(raw: pa.Table, checked: Checked, settings: Settings) -> None:
    stages = Stages(settings)
    several = [s for s in {s.key for p in settings.pipelines for s in p.stages} if len(stages.homes(s)) > 1]
    mask = pc.and_(pc.is_null(raw.column("pipeline")), pc.is_in(raw.column("stage"), pa.array(several, pa.string())))
    count = pc.sum(mask).as_py() or 0
    if count:
        checked.warnings.append(Note.of("N_PIPELINE_ASSUMED", count=count))


def _place_events(checked: Checked, files: Files, settings: Settings, con: duckdb.DuckDBPyConnection) -> None:
    """Events get their opportunity's pipeline and stage keys; a stage that fits nowhere is refused."""
    events = checked.tables["stage_change"]
    known = _with_new("opportunity", checked, files, con, latest_only=True)
    latest = f"(SELECT opportunity_id, arg_max(pipeline, snapshot_date) AS pipeline FROM {known} GROUP BY 1)"
    con.register("events", events.select([c for c in events.column_names if c != "pipeline"]))
    events = con.sql(f"SELECT e.*, l.pipeline, l.opportunity_id IS NULL AS is_orphan "
                     f"FROM events e LEFT JOIN {latest} l USING (opportunity_id) ORDER BY file_order").to_arrow_table()
    con.unregister("events")
    orphans = pc.sum(events.column("is_orphan")).as_py() or 0
    if orphans and orphans < events.num_rows:
        checked.warnings.append(Note.of("N_ORPHANS", table="stage_change", count=orphans))
    stages, unknown = Stages(settings), Unknown()
    resolved = resolve(events, "to_stage", stages, unknown, is_sure=False)
    resolved = resolve(resolved, "from_stage", stages, unknown, is_sure=False)
    unknown.refuse()
    checked.tables["stage_change"] = conform(resolved.drop_columns(["is_orphan"]), "stage_change")


def _synthesise(checked: Checked, files: Files, settings: Settings, con: duckdb.DuckDBPyConnection) -> None:
    """Where no export ever listed opportunities, they are what their events say."""
    if "opportunity" in checked.tables:
        return
    known = parquet(files("opportunity"), TABLES["opportunity"])
    if con.sql(f"SELECT 1 FROM {known} WHERE extra IS DISTINCT FROM $mark LIMIT 1",
               params={"mark": FROM_EVENTS}).fetchall():
        return
    con.register("new_events", checked.tables["stage_change"])
    key = "opportunity_id, changed_at, to_stage"
    old = parquet(files("stage_change"), TABLES["stage_change"])
    events = f"(FROM new_events UNION ALL BY NAME (FROM {old} ANTI JOIN (SELECT {key} FROM new_events) USING ({key})))"
    rows = from_events(events, checked.as_of, settings, con)
    con.unregister("new_events")
    if rows.num_rows == 0:
        return
    rows, _ = with_status(rows, Stages(settings))
    checked.tables["opportunity"] = rows.drop_columns(["amount_base"])
    checked.decisions.append(Note.of("N_SYNTHESISED", count=rows.num_rows))


def _refresh(checked: Checked, files: Files, account: str, owner: str, settings: Settings,
             con: duckdb.DuckDBPyConnection) -> None:
    """Stored opportunities of the dates for which accounts or owners came later inherit from these now."""
    new = checked.tables
    days = [d for t in ("account", "owner") if t in new for d in pc.unique(new[t].column("snapshot_date")).to_pylist()]
    if not days or not files("opportunity"):
        return
    own = pc.unique(new["opportunity"].column("snapshot_date")).to_pylist() if "opportunity" in new else []
    old = con.sql(f"FROM {_stored('opportunity', files, own)} WHERE snapshot_date >= $first",
                  params={"first": min(days)}).to_arrow_table()
    if old.num_rows == 0:
        return
    old = conform(old, "opportunity")
    fresh = enrich(old, account, owner, settings, con)
    changed = differing(old, fresh, con)
    if changed:
        fresh = fresh.filter(pc.is_in(fresh.column("snapshot_date"), pa.array(changed, pa.date32())))
        parts = [conform(new["opportunity"], "opportunity"), fresh] if "opportunity" in new else [fresh]
        new["opportunity"] = pa.concat_tables(parts)


def check_shrink(checked: Checked, files: Files, settings: Settings, accept: bool,
                  con: duckdb.DuckDBPyConnection) -> None:
    """E_SHRINK when the newest snapshot of this import is much smaller than the one before it in the store."""
    for target in WATCHED:
        table, stored = checked.tables.get(target), files(target)
        if table is None or not stored:
            continue
        day = pc.max(table.column("snapshot_date")).as_py()
        found = pc.sum(pc.equal(table.column("snapshot_date"), day)).as_py()
        rows = con.sql(f"SELECT snapshot_date, count(*) FROM {parquet(stored, TABLES[target])} "
                       "WHERE snapshot_date <= $day GROUP BY 1 ORDER BY 1 DESC LIMIT 1", params={"day": day}).fetchall()
        latest = con.sql(f"SELECT max(snapshot_date) FROM {parquet(stored, TABLES[target])}").fetchall()[0][0]
        if target == "opportunity" and latest and day < latest:
            checked.warnings.append(Note.of("N_OLDER", as_of=day.isoformat(), latest=latest.isoformat()))
        before = rows[0][1] if rows else 0
        if not accept and found < before * (1 - settings.limits.shrink_share):
            raise MvpodError("E_SHRINK", table=target, date=day.isoformat(), found=found, before=before,
                             limit=f"{settings.limits.shrink_share:.0%}")
