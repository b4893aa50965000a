"""The weekly marts in the store: made anew, or brought up to date after a load; both give the same tables.

What a load changed is read off the files: rows that only the published or only the working version of a table has.
A week that was over at the last load is worked out again only for the opportunities and accounts of which something
changed; the weeks since then are for all.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import duckdb
import pyarrow as pa

from data.contracts import MARTS, TABLES
from data.engine import USUAL, Means, connect, parquet
from data.marts.spells import dates_of
from data.marts.weekly import (
    SOURCES,
    WEEKLY,
    Bounds,
    last_known_day,
    make_account_week,
    make_opportunity_week,
    make_touch,
    monday,
)
from data.settings import Settings
from data.storage.patch import differing, patch, stream

Progress = Callable[[str, float], None]

#: Without any of these there is nothing to say.
_NEEDED = ("assessment", "contact")
#: The weekly marts are laid down by week, so that a week lies together.
_BY_WEEK = "ORDER BY week"
_STATES = ("opportunity_state", "snapshot_spell")
#: Tables of which a changed day lets the weeks of all accounts be worked out again from that day on.
_ABOUT_ACCOUNTS = ("account", "owner", "department", "contact", "opportunity_contact")

#: The files of a table that a load took out, and those that it brought.
Exchanged: TypeAlias = tuple[list[str], list[str]]


class Target(Protocol):
    """What making marts anew needs: where the tables lie, and where a mart goes."""

    def files(self, table: str) -> list[str]:
        """Parquet files of a table at the working version."""

    def published_files(self, table: str) -> list[str]:
        """Parquet files of a table as last published: what this load changed is read off the difference."""

    def overwrite(self, table: str, data: pa.Table | pa.RecordBatchReader) -> Any:
        """Replaces a table."""


class Writer(Target, Protocol):
    """What bringing the weekly marts up to date needs of the store's writer (`data.storage.writer`)."""

    def replace_files(self, table: str, gone: Collection[str], data: pa.Table | pa.RecordBatchReader) -> Any:
        """Puts `data` in the place of some files of a table."""


def rebuild_weekly(w: Target, settings: Settings, progress: Progress | None = None,
                   write_accounts: Callable[[], None] | None = None, *, means: Means = USUAL,
                   last: date | None = None, bounds: Bounds | None = None) -> None:
    """Makes `opportunity_week` and `account_week` anew from the tables and the mart `opportunity_state` of `w`.

    `write_accounts`: what `account_weeks` gave, if it was begun before. Where the tables are a part of a company,
    `last` is its last known day, and `bounds` are those of all its accounts.
    """
    say = progress or _silent
    if not any(w.files(name) for name in _NEEDED):
        for name in WEEKLY:
            w.overwrite(name, MARTS[name].schema().empty_table())
        return
    with opened(w, (*SOURCES, *_STATES), means) as con:
        last = last or last_day(con, w)
        say("opportunity_week", 0.0)
        make_opportunity_week(con, settings, last, "told", state="opportunity_state", spell="snapshot_spell")
        w.overwrite("opportunity_week", stream(con, "opportunity_week", [f"FROM told {_BY_WEEK}"]))
    say("account_week", 0.5)
    if write_accounts:
        write_accounts()
    else:
        with account_weeks(w, settings, last, means, bounds) as write:
            write()


@contextmanager
def account_weeks(w: Target, settings: Settings, last: date, means: Means = USUAL,
                  bounds: Bounds | None = None) -> Iterator[Callable[[], None]]:
    """Makes `account_week` anew up to the day `last`, beside what the caller does meanwhile: it needs no other mart.

    Gives what waits for it and writes it.
    """
    with opened(w, SOURCES, means) as con, ThreadPoolExecutor(1) as pool:

        def make() -> None:
            make_touch(con, settings, last)
            make_account_week(con, settings, last, "told", bounds=bounds)
        made = pool.submit(make)

        def write() -> None:
            made.result()
            w.overwrite("account_week", stream(con, "account_week", [f"FROM told {_BY_WEEK}"]))
        yield write


def update_weekly(w: Writer, settings: Settings, touched: pa.Table | None, progress: Progress | None = None,
                  write_accounts: Callable[[], None] | None = None) -> None:
    """Brings the weekly marts up to date, after the other marts were.

    `touched`: column opportunity_id, the opportunities whose stories were told again; None = all. `write_accounts`:
    what `account_news` gave, if it was begun before. The settings must be those of the last time, as for the others.
    """
    say = progress or _silent
    with opened(w, (*SOURCES, *_STATES, *WEEKLY)) as con:
        last = last_day(con, w)
        since = _open_week(w, last)
        if touched is None or since is None:
            return rebuild_weekly(w, settings, say)
        say("opportunity_week", 0.0)
        _update_opportunities(con, w, settings, last, since, touched)
    say("account_week", 0.5)
    if write_accounts:
        write_accounts()
        return None
    with account_news(w, settings, last) as write:
        assert write is not None  # there is a week to go on from
        write()
    return None


@contextmanager
def account_news(w: Writer, settings: Settings, last: date) -> Iterator[Callable[[], None] | None]:
    """Works out what changes in `account_week` up to the day `last`, beside what the caller does meanwhile: it needs no
    other mart. Gives what waits for it and writes it; None where the mart has to be made anew."""
    since = _open_week(w, last)
    if since is None:
        yield None
        return
    changes = {table: _exchanged(w, table) for table in (*_ABOUT_ACCOUNTS, "activity")}
    with opened(w, (*SOURCES, "account_week")) as con, ThreadPoolExecutor(1) as pool:
        made = pool.submit(_tell_accounts, con, settings, last, since, changes)
        yield lambda: _put(con, w, "account_week", made.result())


def _open_week(w: Target, last: date) -> date | None:
    """The week that was not over at the last load, or whose end may have come since; None where the weekly marts have
    to be made anew: there are none, or the last day was taken out again, so that weeks end on another day."""
    known = max(dates_of(w.published_files("opportunity")), default=None)
    if known is None or last < known or not all(w.files(name) for name in WEEKLY):
        return None
    return monday(known)


def _update_opportunities(
    con: duckdb.DuckDBPyConnection, w: Writer, settings: Settings, last: date, since: date, touched: pa.Table
) -> None:
    con.register("arrow_touched", touched)
    con.execute("CREATE TABLE wanted AS SELECT opportunity_id FROM arrow_touched")
    con.unregister("arrow_touched")
    for table in ("assessment", "checklist"):
        _changed(con, table, TABLES[table].names, _exchanged(w, table))
        con.execute(f"INSERT INTO wanted SELECT opportunity_id FROM changed_{table}")
    in_force = since - timedelta(weeks=settings.win_rate.carry_weeks)  # may say something of the weeks since
    con.execute("INSERT INTO wanted SELECT opportunity_id FROM all_assessment WHERE week >= $day", {"day": in_force})
    make_opportunity_week(
        con, settings, last, "told", state="opportunity_state", spell="snapshot_spell", wanted="wanted"
    )
    _put(con, w, "opportunity_week", "(FROM opportunity_week SEMI JOIN wanted USING (opportunity_id))")


def _tell_accounts(con: duckdb.DuckDBPyConnection, settings: Settings, last: date, since: date,
                   changes: Mapping[str, Exchanged]) -> str:
    """Table `told`: the weeks of accounts that may say something else than before; gives the stored ones as SQL."""
    make_touch(con, settings, last)
    for table in _ABOUT_ACCOUNTS:
        _changed(con, table, [*TABLES[table].names, "snapshot_date"], changes[table])
        day = con.execute(f"SELECT min(snapshot_date) FROM changed_{table}").fetchall()[0][0]
        since = min(since, monday(day)) if day else since
    _changed(con, "activity", TABLES["activity"].names, changes["activity"])
    con.execute(
        "CREATE TABLE news AS SELECT contact_id, timezone($timezone, occurred_at)::DATE AS day "
        "FROM changed_activity WHERE contact_id IS NOT NULL",
        {"timezone": settings.organisation.timezone},
    )
    begins, first_news = con.execute("SELECT (SELECT first_day FROM record), (SELECT min(day) FROM news)").fetchall()[0]
    if begins is None or (first_news is not None and first_news <= begins):  # the records begin on another day
        since = date.min
    con.execute(
        "CREATE TABLE late AS SELECT DISTINCT account_id FROM all_contact "
        "SEMI JOIN (SELECT contact_id FROM news WHERE day < $since) USING (contact_id)",
        {"since": since},
    )
    make_account_week(con, settings, last, "told", first_week=since)
    if since > date.min:
        make_account_week(con, settings, last, "told_again", until_week=since, wanted="late")
        con.execute("INSERT INTO told BY NAME FROM told_again")
    return f"(FROM account_week WHERE week >= DATE '{since.isoformat()}' OR account_id IN (FROM late))"


def _put(con: duckdb.DuckDBPyConnection, w: Writer, mart: str, stored: str) -> None:
    """Rows `told` in the place of rows `stored` (SQL) of a weekly mart: most weeks say what they said before."""
    differing(con, mart, stored, "told", mart)
    patch(con, w, mart, gone=f"{mart}_gone", told=f"{mart}_told", order=[_BY_WEEK])


def _exchanged(w: Target, table: str) -> Exchanged:
    """The files of a table that only the published, and those that only the working version has."""
    before, now = w.published_files(table), w.files(table)
    return [f for f in before if f not in set(now)], [f for f in now if f not in set(before)]


def _changed(con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str], exchanged: Exchanged) -> None:
    """Table `changed_<table>`: the rows that the load added or took away."""
    listed = ", ".join(columns)
    gone, new = (f"SELECT {listed} FROM {parquet(files, TABLES[table])}" for files in exchanged)
    con.execute(
        f"CREATE OR REPLACE TABLE changed_{table} AS (({gone}) EXCEPT ({new})) UNION ALL (({new}) EXCEPT ({gone}))"
    )


def last_day(con: duckdb.DuckDBPyConnection, w: Target) -> date:
    """The last snapshot date; the last day on which anything changed, where there are only events."""
    return max(dates_of(w.files("opportunity")), default=None) or last_known_day(con, "opportunity_state")


@contextmanager
def opened(w: Target, tables: Sequence[str], means: Means = USUAL) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection over the files of these tables, the canonical ones as `all_<name>`, also as last published."""
    files = {name: w.files(name) for name in tables}
    published = [f for name in tables if name in TABLES for f in w.published_files(name)]
    parents = sorted({str(Path(f).parent) for found in (*files.values(), published) for f in found})
    with tempfile.TemporaryDirectory(prefix="mvpod-") as spool:
        con = connect([*([os.path.commonpath(parents)] if parents else []), spool],
                      memory=means.memory, threads=means.threads)
        try:
            for name, found in files.items():
                view = f"all_{name}" if name in TABLES else name
                con.execute(f"CREATE VIEW {view} AS SELECT * FROM {parquet(found, (TABLES | MARTS)[name])}")
            yield con
        finally:
            con.close()


def _silent(text: str, share: float) -> None:
    """Progress that nobody watches."""
