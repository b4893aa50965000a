"""Snapshots without repetition: folding snapshot dates into spells, and putting later dates behind earlier ones.

Works on a DuckDB connection. `snapshot_day` holds (day, before, after, number) of the dates being folded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from data.contracts import MARTS

SQL = Path(__file__).parent.parent / "sql" / "history"

_NAMES = [c.name for c in MARTS["snapshot_spell"].columns]
#: The columns whose change starts a new spell.
TRACKED = [n for n in _NAMES if n not in ("opportunity_id", "seen_before", "seen_from", "seen_until")]
SPELL = ", ".join(_NAMES)
_TRACKED = ", ".join(TRACKED)
#: What a spell is known by while snapshots are folded; content stands for what it says (a 64-bit hash).
_KEY = "opportunity_id VARCHAR, content UBIGINT, seen_before DATE, seen_from DATE"
#: Dates read at a time at most: one bit of a number stands for each.
MOST_DATES = 60


@cache
def statement(name: str) -> str:
    """The text of `data/sql/history/<name>.sql`."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def dates_of(files: Iterable[str]) -> list[date]:
    """The snapshot dates that the partitions of `files` name, in order."""
    found = {part.removeprefix("snapshot_date=")[:10] for f in files for part in Path(f).parts
             if part.startswith("snapshot_date=")}
    return sorted(date.fromisoformat(day) for day in found)


def set_days(con: duckdb.DuckDBPyConnection, days: Sequence[date], known: Sequence[date]) -> None:
    """(Re)makes `snapshot_day`: each of `days` with the date before it among `known`, the one after among `days`."""
    before = {day: known[i - 1] if i else None for i, day in enumerate(known)}
    con.register("arrow_day", pa.table({
        "day": pa.array(days, pa.date32()),
        "before": pa.array([before[day] for day in days], pa.date32()),
        "after": pa.array([*days[1:], None][:len(days)], pa.date32()),
        "number": pa.array(range(len(days)), pa.int32()),
    }))
    con.execute("CREATE OR REPLACE TABLE snapshot_day AS SELECT * FROM arrow_day")
    con.unregister("arrow_day")


def fold(con: duckdb.DuckDBPyConnection, source: str, days: Sequence[date], known: Sequence[date], chunk: int,
         say: Callable[[float], None]) -> None:
    """Puts the snapshots of `days` (in `source`, SQL) behind table `open_spell`: table `appended` (spell_append.sql).

    `days` are consecutive among the `known` dates, and `open_spell` holds what stood at the date before them; `chunk`
    dates are read at a time. Spells are keys here, with a hash for what they say: hardly any row says something new.
    """
    con.execute(f"CREATE OR REPLACE TABLE appended ({_KEY}, seen_until DATE, is_new BOOLEAN)")
    for part in _parts(days, chunk):
        say(days.index(part[0]) / len(days))
        set_days(con, part, known)
        con.execute(f"CREATE OR REPLACE VIEW opportunity AS SELECT * FROM {source} WHERE snapshot_date {_span(part)}")
        stretch = statement("stretch_of_one_day" if len(part) == 1 else "stretch").format(tracked=_TRACKED)
        con.execute(f"CREATE OR REPLACE TABLE stretch AS {stretch}")
        con.execute(f"CREATE OR REPLACE TABLE step AS {statement('spell_append')}", {"first": part[0]})
        con.execute("INSERT INTO appended BY NAME FROM step WHERE seen_until IS NOT NULL")
        con.execute("""CREATE OR REPLACE TABLE open_spell AS
                       SELECT * EXCLUDE (seen_until) FROM step WHERE seen_until IS NULL""")
    con.execute("INSERT INTO appended BY NAME FROM open_spell")
    for name in ("stretch", "step", "open_spell"):
        con.execute(f"DROP TABLE IF EXISTS {name}")


def spells(con: duckdb.DuckDBPyConnection, source: str, days: Sequence[date], chunk: int,
           say: Callable[[str, float], None]) -> Iterator[pa.RecordBatch]:
    """All spells of `source`, `chunk` snapshot dates read at a time: finished ones by `seen_from`, then the open ones.

    The snapshots are read twice, for the keys of the spells and for what these say: to carry texts through a grouping
    of all rows costs more.
    """
    con.execute(f"CREATE OR REPLACE TABLE open_spell ({_KEY}, is_new BOOLEAN)")
    fold(con, source, days, days, chunk, lambda share: say("snapshot_spell", share / 2))
    for part in _parts(days, chunk):
        say("snapshot_spell", 0.5 + days.index(part[0]) / len(days) / 2)
        con.execute(f"CREATE OR REPLACE TABLE found AS {_said_on(source, _span(part))}")
        yield from _batches(con, "FROM found WHERE seen_until IS NOT NULL")
        con.execute("CREATE TABLE IF NOT EXISTS unfinished AS FROM found LIMIT 0")
        con.execute("INSERT INTO unfinished FROM found WHERE seen_until IS NULL")
        con.execute("DROP TABLE found")
    con.execute("DROP TABLE appended")
    if days:
        yield from _batches(con, "FROM unfinished ORDER BY seen_from")
        con.execute("DROP TABLE unfinished")


def append(con: duckdb.DuckDBPyConnection, old: str, source: str, days: Sequence[date], first: date) -> None:
    """Spells after the snapshots from `first` on were added or replaced: `next_spell` (all) and `touched_spell`.

    `old` (SQL) are the spells before; those that reach beyond `first` are cut back to what was known before it, and
    all dates from `first` on are folded again. `touched_spell` holds the opportunities whose spells may differ; of
    them `gone_spell` the keys of the spells that are to be replaced by those that `is_later` tells.
    """
    con.execute(f"""CREATE OR REPLACE TABLE open_spell AS
                    SELECT opportunity_id, hash({_TRACKED}) AS content, seen_before, seen_from, false AS is_new
                    FROM {old} WHERE seen_from < $first AND (seen_until IS NULL OR seen_until >= $first)""",
                {"first": first})
    fold(con, source, [day for day in days if day >= first], days, MOST_DATES, lambda share: None)
    set_days(con, days, days)
    con.execute(f"""CREATE OR REPLACE TABLE touched_spell AS SELECT opportunity_id FROM appended WHERE is_new
                    UNION SELECT opportunity_id FROM {old} WHERE seen_from >= $first OR seen_until >= $first""",
                {"first": first})
    con.execute(f"CREATE OR REPLACE VIEW next_spell AS {next_spells(old, source, first)}")
    con.execute(f"""CREATE OR REPLACE TABLE gone_spell AS SELECT opportunity_id, seen_from FROM {old}
                    SEMI JOIN touched_spell USING (opportunity_id) WHERE {is_later(first)}""")


def next_spells(old: str, source: str, first: date, only: str = "") -> str:
    """SQL: the spells after `append`; `only` (a SEMI JOIN) picks opportunities, all of `touched_spell` among them: only
    they have spells that begin on later dates."""
    cut = f"DATE '{first.isoformat()}'"
    until = f"CASE WHEN o.seen_until < {cut} THEN o.seen_until ELSE k.seen_until END"
    earlier = ", ".join(f"{until} AS {n}" if n == "seen_until" else f"o.{n}" for n in _NAMES)
    return f"""SELECT {earlier} FROM (FROM {old} {only} WHERE seen_from < {cut}) o LEFT JOIN (FROM appended {only}) k
               ON k.opportunity_id = o.opportunity_id AND k.seen_from = o.seen_from
               UNION ALL {_said_on(source, f">= {cut}")}"""


def is_later(first: date) -> str:
    """SQL condition: a spell that `append` may have changed."""
    cut = f"DATE '{first.isoformat()}'"
    return f"(seen_from >= {cut} OR seen_until IS NULL OR seen_until >= {cut})"


def _said_on(source: str, span: str) -> str:
    """SQL: the spells of `appended` that began in a span of dates, with what the snapshot of their first day says."""
    columns = ", ".join(f"{'o' if n in TRACKED else 'k'}.{n}" for n in _NAMES)
    return f"""SELECT {columns} FROM (FROM {source} WHERE snapshot_date {span}) o
               JOIN (FROM appended WHERE seen_from {span}) k
               ON k.opportunity_id = o.opportunity_id AND k.seen_from = o.snapshot_date"""


def _parts(days: Sequence[date], chunk: int) -> list[Sequence[date]]:
    size = min(chunk, MOST_DATES)
    return [days[i:i + size] for i in range(0, len(days), size)]


def _span(days: Sequence[date]) -> str:
    return f"BETWEEN DATE '{days[0].isoformat()}' AND DATE '{days[-1].isoformat()}'"


def _batches(con: duckdb.DuckDBPyConnection, sql: str) -> Iterator[pa.RecordBatch]:
    """Rows of a query in the schema of the spells, a part at a time, on a cursor of their own."""
    schema = MARTS["snapshot_spell"].schema()
    for batch in con.cursor().sql(f"SELECT {SPELL} {sql}").to_arrow_reader(100_000):
        yield from pa.Table.from_batches([batch]).select(schema.names).cast(schema).to_batches()
