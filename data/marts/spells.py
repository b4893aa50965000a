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


def fold(con: duckdb.DuckDBPyConnection, source: str, days: Sequence[date], known: Sequence[date]) -> None:
    """Puts the snapshots of `days` (in `source`, SQL) behind table `open_spell`: table `appended` (spell_append.sql).

    `days` are consecutive among the `known` dates, and `open_spell` holds what stood at the date before them.
    """
    set_days(con, days, known)
    span = f"snapshot_date BETWEEN DATE '{days[0].isoformat()}' AND DATE '{days[-1].isoformat()}'"
    con.execute(f"CREATE OR REPLACE VIEW opportunity AS SELECT * FROM {source} WHERE {span}")
    if len(days) == 1:
        con.execute(f"CREATE OR REPLACE TABLE later_spell AS {_with_columns('snapshot_spell_of_one_day')}")
    else:
        con.execute(f"CREATE OR REPLACE TABLE stretch AS {_with_columns('stretch')}")
        con.execute(f"CREATE OR REPLACE TABLE later_spell AS {_with_columns('snapshot_spell')}")
    con.execute(f"CREATE OR REPLACE TABLE appended AS {_with_columns('spell_append')}", {"first": days[0]})
    con.execute("DROP TABLE later_spell")


def _with_columns(name: str) -> str:
    return statement(name).format(tracked=_TRACKED)


def no_open_spell(con: duckdb.DuckDBPyConnection) -> None:
    """An empty `open_spell`: before the first snapshot nothing stood."""
    fields = ", ".join(f"{f.name} {_type(f.type)}" for f in MARTS["snapshot_spell"].schema())
    con.execute(f"CREATE OR REPLACE TABLE open_spell ({fields}, content UBIGINT)")


def _type(kind: pa.DataType) -> str:
    from data.engine import duckdb_type
    return duckdb_type(kind)


def spells(con: duckdb.DuckDBPyConnection, source: str, days: Sequence[date], chunk: int,
           say: Callable[[str, float], None]) -> Iterator[pa.RecordBatch]:
    """All spells of `source`, `chunk` snapshot dates at a time: finished ones as they finish, then the open ones."""
    no_open_spell(con)
    for i in range(0, len(days), chunk):
        say("snapshot_spell", i / len(days))
        fold(con, source, days[i:i + chunk], days)
        yield from _batches(con, f"SELECT {SPELL} FROM appended WHERE seen_until IS NOT NULL")
        if i + chunk < len(days):
            con.execute("""CREATE OR REPLACE TABLE open_spell AS
                           SELECT * EXCLUDE (is_new) FROM appended WHERE seen_until IS NULL""")
        else:  # written as they are: a copy of all of them would be what takes most memory in a first load
            yield from _batches(con, f"SELECT {SPELL} FROM appended WHERE seen_until IS NULL ORDER BY seen_from")
        con.execute("DROP TABLE appended")


def append(con: duckdb.DuckDBPyConnection, old: str, source: str, days: Sequence[date], first: date) -> None:
    """Spells after the snapshots from `first` on were added or replaced: `next_spell` (all) and `touched_spell`.

    `old` (SQL) are the spells before; those that reach beyond `first` are cut back to what was known before it, and
    all dates from `first` on are folded again. `touched_spell` holds the opportunities whose spells may differ; of
    them `gone_spell` the keys of the spells that `come_spell` replaces.
    """
    con.execute(f"""CREATE OR REPLACE TABLE open_spell AS
                    SELECT * REPLACE (NULL::DATE AS seen_until), hash({_TRACKED}) AS content FROM {old}
                    WHERE seen_from < $first AND (seen_until IS NULL OR seen_until >= $first)""", {"first": first})
    if later := [day for day in days if day >= first]:
        fold(con, source, later, days)
    else:  # the last dates were taken out
        con.execute(f"CREATE OR REPLACE TABLE appended AS SELECT {SPELL}, false AS is_new FROM open_spell")
    con.execute(f"""CREATE OR REPLACE TABLE touched_spell AS SELECT opportunity_id FROM appended WHERE is_new
                    UNION SELECT opportunity_id FROM {old} WHERE seen_from >= $first OR seen_until >= $first""",
                {"first": first})
    cut = f"DATE '{first.isoformat()}'"
    con.execute(f"""CREATE OR REPLACE VIEW next_spell AS
                    SELECT {SPELL} FROM {old} WHERE seen_from < {cut} AND seen_until < {cut}
                    UNION ALL SELECT {SPELL} FROM appended""")
    con.execute(f"""CREATE OR REPLACE TABLE gone_spell AS SELECT opportunity_id, seen_from FROM {old}
                    SEMI JOIN touched_spell USING (opportunity_id)
                    WHERE seen_from >= {cut} OR seen_until IS NULL OR seen_until >= {cut}""")
    con.execute(f"""CREATE OR REPLACE VIEW come_spell AS
                    SELECT {SPELL} FROM appended SEMI JOIN touched_spell USING (opportunity_id)""")


def _batches(con: duckdb.DuckDBPyConnection, sql: str) -> Iterator[pa.RecordBatch]:
    """Rows of a query in the schema of the spells, a part at a time, on a cursor of their own."""
    schema = MARTS["snapshot_spell"].schema()
    for batch in con.cursor().sql(sql).to_arrow_reader(100_000):
        yield from pa.Table.from_batches([batch]).select(schema.names).cast(schema).to_batches()
