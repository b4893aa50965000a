"""The marts: what the snapshots and stage events say, told as stories of opportunities (docs/history.md).

    opportunity (snapshots) ─▶ snapshot_spell ─┬▶ point ─▶ stage_visit, stage_reach
    stage_change (events) ─────────────────────┘     └───▶ opportunity_state ─┬▶ opportunity_change
    assessment, checklist, contact, activity, … ───────────────────────────────┴▶ the weekly marts (data.weekly)

Spells of later snapshots can be put behind those of earlier ones without reading the earlier snapshots again
(`data.marts.spells`), and each opportunity's story is its own (`data.marts.stories`): so one more week costs one
week, and gives the very tables that a rebuild gives.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Protocol, Self

import duckdb
import pyarrow as pa

from data.contracts import CLOSING_KINDS, MARTS, TABLES
from data.engine import USUAL, Means, connect, duckdb_type, parquet
from data.marts import spells, stories, weekly
from data.marts.spells import dates_of
from data.marts.stories import STORIES
from data.marts.weekly_update import Target, account_news, account_weeks, rebuild_weekly, update_weekly
from data.settings import Settings
from data.storage.patch import patch, renew, stream

#: called with (what is being done, share done from 0 to 1)
Progress = Callable[[str, float], None]

#: Snapshot rows folded into spells at a time, and spells whose stories are told at a time: they bound the memory.
CHUNK_ROWS = 32_000_000
BUCKET_SPELLS = 1_000_000
#: Of no more snapshot rows the weeks of accounts are made beside the other marts: in memory there is room for both.
BESIDE_ROWS = 5_000_000

#: Opportunities that are closed and have not changed for so long are settled: later loads rarely touch them. A quarter,
#: and the weeks in which what it left behind is still put right: one late touch costs a whole file.
SETTLED_AFTER = timedelta(weeks=17)
#: The order in which stories are laid down: the settled ones, then the live ones (table `live`).
_SETTLED_FIRST = ("ANTI JOIN live USING (opportunity_id)", "SEMI JOIN live USING (opportunity_id)")


class Writer(Target, Protocol):
    """What bringing the marts up to date needs of the store's writer (`data.storage.writer`)."""

    def replace_files(self, table: str, gone: Collection[str], data: pa.Table | pa.RecordBatchReader) -> Any:
        """Puts `data` in the place of some files of a table."""


def marts_of(opportunity: pa.Table, stage_change: pa.Table | None, settings: Settings,
             more: Mapping[str, pa.Table] | None = None) -> dict[str, pa.Table]:
    """All marts of tables in memory: name -> table in the schema of `contracts.MARTS`.

    `opportunity`, `stage_change` and `more` (what the weekly marts are made of: `weekly.SOURCES`) have columns of
    `contracts.TABLES` (absent ones are NULL). MvpodError E_STAGE_LOST names stages that the settings do not have.
    """
    con = connect(memory=USUAL.memory)
    _table(con, "all_opportunity", opportunity, "opportunity")
    _table(con, "all_stage_change", stage_change, "stage_change")
    days = [r[0] for r in con.execute("SELECT DISTINCT snapshot_date FROM all_opportunity ORDER BY 1").fetchall()]
    batches = spells.spells(con, "all_opportunity", days, max(len(days), 1), _silent)
    marts = {"snapshot_spell": pa.Table.from_batches(list(batches), MARTS["snapshot_spell"].schema())}
    _table(con, "snapshot_spell", marts["snapshot_spell"], "snapshot_spell")
    stories.prepare(con, settings, days)
    stories.tell(con, settings, "snapshot_spell", "all_stage_change")
    for name in STORIES:
        marts[name] = con.sql(f"SELECT * FROM told_{name}").to_arrow_table().cast(MARTS[name].schema())
    for name in weekly.SOURCES:
        _table(con, f"all_{name}", (more or {}).get(name), name)
    weekly.make(con, settings, days[-1] if days else weekly.last_known_day(con, "told_opportunity_state"),
                state="told_opportunity_state")
    for name in weekly.WEEKLY:
        schema = MARTS[name].schema()
        marts[name] = con.sql(f"SELECT {', '.join(schema.names)} FROM {name}").to_arrow_table().cast(schema)
    con.close()
    return marts


def rebuild_marts(w: Writer, settings: Settings, progress: Progress | None = None) -> None:
    """Makes all marts anew from the snapshots and events of the store. MvpodError E_STAGE_LOST as in `marts_of`."""
    say = progress or _silent
    with ExitStack() as beside:
        write_accounts = None
        with Workshop(w, ("opportunity",), joins_as_written=True) as shop:
            rows = shop.con.execute("SELECT count(*) FROM all_opportunity").fetchall()[0][0]
            if shop.days and rows <= BESIDE_ROWS and w.files("contact"):
                write_accounts = beside.enter_context(account_weeks(w, settings, shop.days[-1]))
            chunk = max(1, CHUNK_ROWS * max(len(shop.days), 1) // max(rows, 1))
            batches = spells.spells(shop.con, "all_opportunity", shop.days, chunk, _part(say, 0.0, 0.6))
            w.overwrite("snapshot_spell", pa.RecordBatchReader.from_batches(MARTS["snapshot_spell"].schema(), batches))
        rebuild_stories(w, settings, _part(say, 0.6, 0.9))
        rebuild_weekly(w, settings, _part(say, 0.9, 1.0), write_accounts)


def rebuild_stories(w: Target, settings: Settings, progress: Progress | None = None,
                    means: Means = USUAL) -> None:
    """Makes the marts of `stories.STORIES` anew from mart `snapshot_spell` and the stage events."""
    say = progress or _silent
    with Workshop(w, ("stage_change", "snapshot_spell"), means=means) as shop:
        told = shop.tell(settings, "snapshot_spell", "all_stage_change", _part(say, 0.0, 0.7))
        shop.lay_down(w, told, _part(say, 0.7, 1.0))


def update_marts(w: Writer, settings: Settings, *, new_dates: Sequence[date],
                 changed_events: Iterable[str] | None = None, progress: Progress | None = None) -> None:
    """Brings the marts up to date after snapshots of `new_dates` and events of some opportunities were written.

    `new_dates`: snapshot dates that were added, replaced or removed. `changed_events`: ids of opportunities whose
    stage events changed; None = none. Snapshots from the first of `new_dates` on are read again; stories are told
    again only where something changed, or all of them when a date was put between earlier ones. The settings must
    be those of the last rebuild: after a change of pipelines or time zone call `rebuild_marts`.
    """
    say = progress or _silent
    if not all(w.files(name) for name in MARTS):
        return rebuild_marts(w, settings, say)
    with ExitStack() as beside:
        with Workshop(w, ("opportunity", "stage_change", *MARTS)) as shop:
            if not shop.days:  # only stage events: nothing to be spared
                return rebuild_marts(w, settings, say)
            write_accounts = beside.enter_context(account_news(w, settings, shop.days[-1]))
            say("snapshot_spell", 0.0)
            first = min(new_dates, default=None)
            if first is not None:
                spells.append(shop.con, "snapshot_spell", "all_opportunity", shop.days, first)
            everything = _is_between(shop.days, new_dates, _named_days(shop.con))
            _touch(shop.con, first, changed_events or (), everything)
            told = shop.tell(settings, "some_spell", "some_stage_change", _part(say, 0.3, 0.7))
            if first is not None:
                patch(shop.con, w, "snapshot_spell", gone="gone_spell", told="come_spell", order=["ORDER BY seen_from"])
            shop.set_live("(FROM opportunity_state ANTI JOIN touched USING (opportunity_id) "
                          f"UNION ALL BY NAME FROM {told['opportunity_state']})")
            for i, name in enumerate(STORIES):
                say(name, 0.7 + 0.2 * i / len(STORIES))
                renew(shop.con, w, name, touched="touched", told=told[name], order=_SETTLED_FIRST)
            touched = shop.con.sql("SELECT DISTINCT opportunity_id FROM touched").to_arrow_table()
        return update_weekly(w, settings, touched, _part(say, 0.9, 1.0), write_accounts)


def _silent(text: str, share: float) -> None:
    """Progress that nobody watches."""


def _part(say: Progress, start: float, end: float) -> Progress:
    """Progress of a part that goes from `start` to `end` of the whole."""
    return lambda text, share: say(text, start + share * (end - start))


def _named_days(con: duckdb.DuckDBPyConnection) -> set[date]:
    """Snapshot dates that the spells name: not all that were loaded, only those on which something happened."""
    rows = con.execute("SELECT DISTINCT unnest([seen_from, seen_until, seen_before]) FROM snapshot_spell").fetchall()
    return {row[0] for row in rows if row[0] is not None}


def _is_between(days: Sequence[date], new_dates: Iterable[date], named: set[date]) -> bool:
    """Whether a date was put between other ones or taken out: "the snapshot before" changes where no spell does.

    A replaced date on which nothing happened is not among the `named` ones and counts as put in between: that
    costs time, never a wrong table.
    """
    new = set(new_dates)
    latest = max((day for day in days if day not in new), default=date.min)
    return any(day not in days or (day < latest and day not in named) for day in new)


def _touch(con: duckdb.DuckDBPyConnection, first: date | None, events: Iterable[str], everything: bool) -> None:
    """Table `touched` (opportunities to tell again); their spells and events as `some_spell`, `some_stage_change`."""
    con.register("arrow_event", pa.table({"opportunity_id": pa.array(sorted(set(events)), pa.string())}))
    con.execute("CREATE TABLE touched AS SELECT opportunity_id FROM arrow_event")
    con.unregister("arrow_event")
    if first is not None:
        con.execute("INSERT INTO touched SELECT opportunity_id FROM touched_spell")
        # an unchanged snapshot is news where it is the first one after an event
        con.execute("""INSERT INTO touched SELECT opportunity_id FROM all_stage_change WHERE changed_at >=
                       coalesce((SELECT before FROM snapshot_day WHERE day = $first), DATE '0001-01-01')
                       - INTERVAL 2 DAY""", {"first": first})
    now = "snapshot_spell" if first is None else "next_spell"
    only = "SEMI JOIN touched USING (opportunity_id)"
    if everything:
        con.execute(f"""INSERT INTO touched SELECT opportunity_id FROM {now}
                        UNION SELECT opportunity_id FROM snapshot_spell
                        UNION SELECT opportunity_id FROM all_stage_change""")
    con.execute(f"CREATE TABLE some_stage_change AS FROM all_stage_change {only}")
    if first is None:
        con.execute(f"CREATE TABLE some_spell AS FROM snapshot_spell {only}")
        return
    some = spells.next_spells("snapshot_spell", "all_opportunity", first, only)
    con.execute(f"CREATE TABLE some_spell AS {some}")
    con.execute(f"""CREATE VIEW come_spell AS FROM some_spell SEMI JOIN touched_spell USING (opportunity_id)
                    WHERE {spells.is_later(first)}""")


class Workshop:
    """A connection over the store's files, with a folder of its own for what does not fit into memory.

    Canonical tables are called `all_<name>`, marts by their name.
    """

    def __init__(self, w: Target, tables: Iterable[str], joins_as_written: bool = False,
                 means: Means = USUAL) -> None:
        files = {name: w.files(name) for name in tables}
        self.days = dates_of(w.files("opportunity"))
        self._spool = tempfile.TemporaryDirectory(prefix="mvpod-")
        parents = sorted({str(Path(f).parent) for found in files.values() for f in found})
        store = [os.path.commonpath(parents)] if parents else []
        self.con = connect([*store, self._spool.name], memory=means.memory, threads=means.threads,
                           joins_as_written=joins_as_written)
        for name, found in files.items():
            view = f"all_{name}" if name in TABLES else name
            self.con.execute(f"CREATE VIEW {view} AS SELECT * FROM {parquet(found, (TABLES | MARTS)[name])}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.con.close()
        self._spool.cleanup()

    def tell(self, settings: Settings, source: str, events: str, say: Progress) -> dict[str, str]:
        """The stories of the opportunities in `source` (spells) and `events`: mart -> what to select it from.

        Many are told in parts that fit into memory, each of which is put on the disk.
        """
        stories.prepare(self.con, settings, self.days)
        count = self.con.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0]
        buckets = count // BUCKET_SPELLS + 1
        for bucket in range(buckets):
            say("stage_visit", bucket / buckets)
            stories.tell(self.con, settings, source, events, f"hash(opportunity_id) % {buckets} = {bucket}")
            if buckets == 1:
                return {name: f"told_{name}" for name in STORIES}
            for name in STORIES:
                path = self._spool_file(name, bucket)
                self.con.execute(f"COPY (FROM told_{name}) TO '{path}' (FORMAT parquet, COMPRESSION lz4)")
        return {name: parquet([self._spool_file(name, i) for i in range(buckets)], MARTS[name]) for name in STORIES}

    def _spool_file(self, name: str, bucket: int) -> str:
        return str(Path(self._spool.name) / f"{name}-{bucket}.parquet")

    def lay_down(self, w: Target, told: Mapping[str, str], say: Progress) -> None:
        """Writes the stories that `told` names (mart -> what to select it from), the settled opportunities first."""
        self.set_live(told["opportunity_state"])
        for i, name in enumerate(STORIES):
            say(name, i / len(STORIES))
            w.overwrite(name, stream(self.con, name, [f"FROM {told[name]} {part}" for part in _SETTLED_FIRST]))

    def set_live(self, state: str) -> None:
        """Table `live`: opportunities that are open, or changed lately, by `state` (mart `opportunity_state`, SQL)."""
        lately = (self.days[-1] if self.days else date.max) - SETTLED_AFTER
        self.con.execute(f"""
            CREATE OR REPLACE TABLE live AS SELECT DISTINCT opportunity_id FROM {state}
            WHERE valid_to IS NULL AND (NOT list_contains($closing, status) OR valid_from > $lately)""",
                         {"closing": list(CLOSING_KINDS), "lately": lately})


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
