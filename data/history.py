"""The marts: what the snapshots and stage events say, told as stories of opportunities (docs/history.md).

    opportunity (snapshots) ─▶ snapshot_spell ─┬▶ point ─▶ stage_visit, stage_reach
    stage_change (events) ─────────────────────┘     └───▶ opportunity_state ─▶ opportunity_change

Every step is one SQL file of `data/sql/history`, run by DuckDB. Spells of later snapshots can be put behind those
of earlier ones without reading the earlier snapshots again, and each opportunity's story is its own: so one more
week costs one week, and gives the very tables that a rebuild gives.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Protocol, Self

import duckdb
import pyarrow as pa

from data import spells
from data.contracts import CLOSING_KINDS, MARTS, TABLES
from data.engine import connect, duckdb_type, parquet
from data.errors import MvpodError
from data.settings import Pipeline, Settings

#: called with (what is being done, share done from 0 to 1)
Progress = Callable[[str, float], None]

#: Marts made from spells and events, in the order in which they are made.
STORIES = ("stage_visit", "stage_reach", "opportunity_state", "opportunity_change")
#: Snapshot rows that are folded into spells at a time, and spells whose stories are told at a time: bound the memory.
CHUNK_ROWS = 16_000_000
BUCKET_SPELLS = 2_000_000
MEMORY = "5GB"


class Writer(Protocol):
    """What the marts need of the store's writer (`data.store`)."""

    def files(self, table: str) -> list[str]:
        """Parquet files of a table at the working version."""

    def overwrite(self, table: str, data: pa.Table | pa.RecordBatchReader) -> Any:
        """Replaces a table."""


def marts_of(opportunity: pa.Table, stage_change: pa.Table | None, settings: Settings) -> dict[str, pa.Table]:
    """All marts of snapshots and events in memory: name -> table in the schema of `contracts.MARTS`.

    `opportunity` and `stage_change` have columns of `contracts.TABLES` (absent ones are NULL). MvpodError
    E_STAGE_LOST names stages that the settings do not have.
    """
    con = connect(memory=MEMORY)
    _table(con, "all_opportunity", opportunity, "opportunity")
    _table(con, "all_stage_change", stage_change, "stage_change")
    days = [r[0] for r in con.execute("SELECT DISTINCT snapshot_date FROM all_opportunity ORDER BY 1").fetchall()]
    schema = MARTS["snapshot_spell"].schema()
    marts = {"snapshot_spell": pa.Table.from_batches(
        list(spells.spells(con, "all_opportunity", days, max(len(days), 1), _silent)), schema)}
    _table(con, "snapshot_spell", marts["snapshot_spell"], "snapshot_spell")
    _prepare(con, settings, days)
    _tell(con, settings, "snapshot_spell", "all_stage_change")
    for name in STORIES:
        schema = MARTS[name].schema()
        marts[name] = con.sql(f"SELECT * FROM told_{name}").to_arrow_table().cast(schema)
    con.close()
    return marts


def rebuild_marts(w: Writer, settings: Settings, progress: Progress | None = None) -> None:
    """Makes all marts anew from the snapshots and events of the store. MvpodError E_STAGE_LOST as in `marts_of`."""
    say = progress or _silent
    with _Workshop(w, ("opportunity", "stage_change")) as shop:
        rows = shop.con.execute("SELECT count(*) FROM all_opportunity").fetchall()[0][0]
        chunk = max(1, CHUNK_ROWS * max(len(shop.days), 1) // max(rows, 1))
        batches = spells.spells(shop.con, "all_opportunity", shop.days, chunk, lambda text, share: say(text, share * 0.6))
        w.overwrite("snapshot_spell", pa.RecordBatchReader.from_batches(MARTS["snapshot_spell"].schema(), batches))
    with _Workshop(w, ("stage_change", "snapshot_spell")) as shop:
        told = shop.tell(settings, "snapshot_spell", "all_stage_change", lambda text, share: say(text, 0.6 + share * 0.3))
        for i, name in enumerate(STORIES):
            say(name, 0.9 + 0.1 * i / len(STORIES))
            w.overwrite(name, shop.reader(name, parquet(told[name], MARTS[name])))


def update_marts(w: Writer, settings: Settings, *, new_dates: Sequence[date], changed_events: Iterable[str] | None = None,
                 progress: Progress | None = None) -> None:
    """Brings the marts up to date after snapshots of `new_dates` and events of some opportunities were written.

    `new_dates`: snapshot dates that were added or replaced. `changed_events`: ids of opportunities whose stage
    events changed; None = none. Snapshots from the first of `new_dates` on are read again; stories are told again
    only where something changed, or all of them when a date was put between earlier ones. The settings must be
    those of the last rebuild: after a change of pipelines or time zone call `rebuild_marts`.
    """
    say = progress or _silent
    if not all(w.files(name) for name in MARTS):
        return rebuild_marts(w, settings, say)
    with _Workshop(w, ("opportunity", "stage_change", *MARTS)) as shop:
        con = shop.con
        say("snapshot_spell", 0.0)
        known = [r[0] for r in con.execute(
            "SELECT DISTINCT unnest([seen_from, seen_until, seen_before]) AS day FROM snapshot_spell").fetchall()]
        first = min(new_dates, default=None)
        if first is not None:
            spells.append(con, "snapshot_spell", "all_opportunity", shop.days, first)
        _touch(con, first, changed_events or (), everything=_is_between(shop.days, new_dates, known))
        told = shop.tell(settings, "some_spell", "some_stage_change", lambda text, share: say(text, 0.3 + share * 0.4))
        if first is not None:
            w.overwrite("snapshot_spell", shop.reader("snapshot_spell", "next_spell"))
        for i, name in enumerate(STORIES):
            say(name, 0.7 + 0.3 * i / len(STORIES))
            w.overwrite(name, shop.reader(name, f"(FROM {name} ANTI JOIN touched USING (opportunity_id) "
                                                f"UNION ALL BY NAME FROM {parquet(told[name], MARTS[name])})"))
    return None


def dates_of(files: Iterable[str]) -> list[date]:
    """The snapshot dates that the partitions of `files` name, in order."""
    found = {part.removeprefix("snapshot_date=")[:10] for f in files for part in Path(f).parts
             if part.startswith("snapshot_date=")}
    return sorted(date.fromisoformat(day) for day in found)


def _silent(text: str, share: float) -> None:
    """Progress that nobody watches."""


def _is_between(days: Sequence[date], new_dates: Sequence[date], known: Iterable[date | None]) -> bool:
    """Whether a date was put between earlier ones: then "the snapshot before" changes where no spell does.

    `known` are the dates that spells name. A date on which nothing happened is in no spell and counts as put in
    between: that costs time, never a wrong table.
    """
    last_known = max((d for d in known if d is not None), default=date.min)
    return any(d < last_known or d != days[-1] and d not in known for d in new_dates)


def _touch(con: duckdb.DuckDBPyConnection, first: date | None, events: Iterable[str], everything: bool) -> None:
    """Table `touched` (opportunities to be told again), and their spells and events as `some_spell`, `some_stage_change`."""
    con.register("arrow_event", pa.table({"opportunity_id": pa.array(sorted(set(events)), pa.string())}))
    con.execute("CREATE TABLE touched AS SELECT opportunity_id FROM arrow_event")
    con.unregister("arrow_event")
    if first is not None:
        con.execute("INSERT INTO touched SELECT opportunity_id FROM touched_spell")
        # an unchanged snapshot is news where it is the first one after an event
        con.execute("""INSERT INTO touched SELECT opportunity_id FROM all_stage_change WHERE changed_at >=
                       coalesce((SELECT before FROM snapshot_day WHERE day = $first), DATE '0001-01-01') - INTERVAL 2 DAY""",
                    {"first": first})
    if everything:
        con.execute("INSERT INTO touched SELECT opportunity_id FROM next_spell UNION SELECT opportunity_id FROM all_stage_change")
    now = "snapshot_spell" if first is None else "next_spell"
    con.execute(f"CREATE TABLE some_spell AS FROM {now} SEMI JOIN touched USING (opportunity_id)")
    con.execute("CREATE TABLE some_stage_change AS FROM all_stage_change SEMI JOIN touched USING (opportunity_id)")


class _Workshop:
    """A connection over the store's files, with a folder of its own for what does not fit into memory."""

    def __init__(self, w: Writer, tables: Sequence[str]) -> None:
        files = {name: w.files(name) for name in tables}
        self.days = dates_of(w.files("opportunity"))
        self._spool = tempfile.TemporaryDirectory(prefix="mvpod-")
        parents = sorted({str(Path(f).parent) for found in files.values() for f in found})
        store = [os.path.commonpath(parents)] if parents else []
        self.con = connect([*store, self._spool.name], memory=MEMORY)
        for name, found in files.items():
            view = f"all_{name}" if name in TABLES else name  # what the SQL files call by its name is made from these
            self.con.execute(f"CREATE VIEW {view} AS SELECT * FROM {parquet(found, (TABLES | MARTS)[name])}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.con.close()
        self._spool.cleanup()

    def tell(self, settings: Settings, source: str, events: str, say: Progress) -> dict[str, list[str]]:
        """Tells the stories of the opportunities in `source` (spells) and `events`; mart -> Parquet files in the spool."""
        _prepare(self.con, settings, self.days)
        count = self.con.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0]
        buckets = count // BUCKET_SPELLS + 1
        told: dict[str, list[str]] = {name: [] for name in STORIES}
        for bucket in range(buckets):
            say("stage_visit", bucket / buckets)
            mine = f"hash(opportunity_id) % {buckets} = {bucket}"
            _tell(self.con, settings, source, events, mine)
            for name in STORIES:
                path = str(Path(self._spool.name) / f"{name}-{bucket}.parquet")
                self.con.execute(f"COPY told_{name} TO '{path}' (FORMAT parquet, COMPRESSION lz4)")
                told[name].append(path)
        return told

    def reader(self, name: str, source: str) -> pa.RecordBatchReader:
        """Rows of `source` (SQL) as a stream in the schema of mart `name`."""
        schema = MARTS[name].schema()
        stream = self.con.cursor().sql(f"SELECT {', '.join(schema.names)} FROM {source}").to_arrow_reader(100_000)
        batches = (b for batch in stream for b in pa.Table.from_batches([batch]).cast(schema).to_batches())
        return pa.RecordBatchReader.from_batches(schema, batches)


def _table(con: duckdb.DuckDBPyConnection, name: str, data: pa.Table | None, contract: str) -> None:
    """An Arrow table as a table of `con`, with the columns of its contract (absent ones NULL)."""
    schema = (TABLES | MARTS)[contract].schema()
    if data is None:
        data = schema.empty_table()
    con.register("arrow_table", data)
    columns = ", ".join(f"{f.name if f.name in data.column_names else 'NULL'}::{duckdb_type(f.type)} AS {f.name}"
                        for f in schema)
    con.execute(f"CREATE TABLE {name} AS SELECT {columns} FROM arrow_table")
    con.unregister("arrow_table")


def _prepare(con: duckdb.DuckDBPyConnection, settings: Settings, days: Sequence[date]) -> None:
    """Tables `snapshot_day`, `stage_list`, `stage_home` (stage -> first pipeline that has it) and `closing_stage`."""
    spells.set_days(con, days, days)
    rows = [row for pipeline in settings.pipelines for row in _stages(pipeline)]
    home: dict[str, dict[str, Any]] = {}
    closing: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        home.setdefault(row["stage"], row)
        if row["kind"] in CLOSING_KINDS:
            closing.setdefault((row["pipeline"], row["kind"]), row)
    schema = pa.schema([("pipeline", pa.string()), ("stage", pa.string()), ("stage_order", pa.int64()),
                        ("kind", pa.string()), ("rank", pa.int64())])
    for name, content in (("stage_list", rows), ("stage_home", home.values()), ("closing_stage", closing.values())):
        con.register("arrow_stage", pa.Table.from_pylist(list(content), schema))
        con.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM arrow_stage")
        con.unregister("arrow_stage")


def _stages(pipeline: Pipeline) -> list[dict[str, Any]]:
    """The stages of a pipeline; `rank` = place among stages of kind open (NULL for others, which are not on the ladder).

    A closing kind for which the pipeline has no stage gets one of that name, because an opportunity may be
    closed by its status alone.
    """
    rows, rank = [], 0
    for order, stage in enumerate(pipeline.stages, 1):
        rank += stage.kind == "open"
        rows.append({"pipeline": pipeline.key, "stage": stage.key, "stage_order": order, "kind": stage.kind,
                     "rank": rank if stage.kind == "open" else None})
    have, names = {s.kind for s in pipeline.stages}, {s.key for s in pipeline.stages}
    missing = [kind for kind in CLOSING_KINDS if kind not in have]
    for order, kind in enumerate(missing, len(rows) + 1):
        key = kind if kind not in names else f"{kind} (closed)"
        rows.append({"pipeline": pipeline.key, "stage": key, "stage_order": order, "kind": kind, "rank": None})
    return rows


def _tell(con: duckdb.DuckDBPyConnection, settings: Settings, source: str, events: str, where: str = "true") -> None:
    """From `source` (spells), `events` and the tables of `_prepare`: the stories, as views named `told_` + mart.

    Inside, opportunities are numbers and what spells say besides the stage is joined last: text is what costs time.
    """
    con.execute(f"CREATE OR REPLACE TABLE name AS SELECT opportunity_id, row_number() OVER () AS id FROM ("
                f"SELECT opportunity_id FROM {source} WHERE {where} UNION SELECT opportunity_id FROM {events} WHERE {where})")
    con.execute(f"CREATE OR REPLACE TABLE said AS SELECT row_number() OVER () AS said_no, id, s.* EXCLUDE (opportunity_id) "
                f"FROM {source} s JOIN name USING (opportunity_id)")
    con.execute(f"CREATE OR REPLACE TABLE stage_change AS SELECT e.* REPLACE (id AS opportunity_id) "
                f"FROM {events} e JOIN name USING (opportunity_id)")
    _check_stages(con)
    con.execute("CREATE OR REPLACE TABLE spell AS " + spells.statement("spell").format(content=", ".join(_CONTENT)))
    con.execute("""CREATE OR REPLACE TABLE created AS SELECT opportunity_id,
                   arg_max(created_on, seen_from) FILTER (created_on IS NOT NULL) AS created_on FROM spell GROUP BY ALL""")
    con.execute(f"CREATE OR REPLACE TABLE event AS {spells.statement('event')}", {"timezone": settings.organisation.timezone})
    for name in ("segment", "raw_point", "point", "pause"):
        con.execute(f"CREATE OR REPLACE TABLE {name} AS {spells.statement(name)}")
    for name in STORIES:
        con.execute(f"CREATE OR REPLACE TABLE story_{name} AS {spells.statement(name)}")
        own = {row[0] for row in con.execute(f"DESCRIBE story_{name}").fetchall()}
        columns = ", ".join("n.opportunity_id" if c.name == "opportunity_id" else f"{'t' if c.name in own else 'd'}.{c.name}"
                            for c in MARTS[name].columns)
        con.execute(f"CREATE OR REPLACE VIEW told_{name} AS "
                    + spells.statement("told").format(columns=columns, story=f"story_{name}"))


#: What the state of an opportunity takes from the spell in force.
_CONTENT = [c.name for c in MARTS["opportunity_state"].columns if c.name in spells.TRACKED and c.name not in
            ("stage", "status", "stage_entered_on", "created_on", "closed_on", "pipeline")]


def _check_stages(con: duckdb.DuckDBPyConnection) -> None:
    lost = con.execute("""
        SELECT DISTINCT stage FROM (SELECT stage FROM said UNION ALL SELECT to_stage FROM stage_change
                                    UNION ALL SELECT from_stage FROM stage_change) WHERE stage IS NOT NULL
        AND stage NOT IN (SELECT stage FROM stage_list) ORDER BY 1""").fetchall()
    if lost:
        raise MvpodError("E_STAGE_LOST", found=[row[0] for row in lost])
