"""The tables of a company in memory: what each is made of, how its rows lie, and when it is made.

Text columns of few values are ENUMs, so that grouping millions of rows takes milliseconds; casting one to
VARCHAR, comparing it with text and sorting it behave as for the text itself. Those of many values stay text, because
the planner copies the list of values again and again. Rows lie in the order of the day by which
questions choose them: of every 122,880 rows DuckDB knows the least and the largest value, and skips what cannot fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date

import duckdb

from data.contracts import CLOSING_KINDS, DIMENSIONS, EXIT_KINDS, MARTS, STAGE_KINDS, STATUSES, TIME_SOURCES, Column
from data.marts.foresight import make_foresight
from data.settings import Settings
from data.shelf import Shelf

#: The marts in memory, and the order in which their rows lie. `snapshot_spell` serves their making only, and
#: `opportunity_change` is asked of one opportunity at a time: a view of its files does.
LAID = {
    "stage_visit": "entered_on", "stage_reach": "reached_on", "opportunity_state": "valid_to NULLS LAST, closed_on",
    "opportunity_week": "week", "account_week": "week",
}
#: Marts whose whole numbers, small ones all, are kept in four bytes.
_MANY_ROWS = ("opportunity_week", "account_week")
#: Text columns of the marts that stay text: nearly every row has its own value.
_FREE_TEXT = ("opportunity_id", "status_drop_contact")
#: What many rows have in common and queries of all of them group by, as one number (`pattern`), and the table that says
#: what each number stands for: one narrow column to group by instead of six.
PATTERNS = {
    "stage_visit": ("visit_pattern", ("pipeline", "stage", "stage_order", "stage_kind", "is_entry_known", "exit_kind",
                                      "next_stage")),
    "stage_reach": ("reach_pattern", ("pipeline", "stage", "stage_order", "is_entry_known", "is_skipped")),
}
#: More values than this stay text: with 217,000 accounts as an ENUM planning one query of many steps took four seconds.
MANY_VALUES = 5_000
#: Columns that share one list of values, so that they can be compared without a cast.
_DOMAINS = {
    "next_stage": "stage", "last_open_stage": "stage", "closed_kind": "stage_kind", "holder_id": "owner_id",
    "rival_1": "party", "rival_2": "party", "others": "party", "new_rival": "party",
}
#: Values that queries name: part of the list even where no row has them.
_FIXED = {
    "stage_kind": STAGE_KINDS, "exit_kind": EXIT_KINDS, "status": STATUSES, "time_source": TIME_SOURCES,
}
#: What decision chains say, and on which snapshot dates: the chains of one account lie in the files of all dates.
_CHAIN_DAYS = """CREATE TABLE chain_days AS
    SELECT opportunity_id, contact_id, decision_role, status, list(snapshot_date) AS days
    FROM opportunity_contact GROUP BY ALL"""
#: The days of which there are exports: to find the latest one up to a day must not open the files of all.
_EXPORT_DAYS = "CREATE TABLE export_day AS " + " UNION ALL ".join(
    f"SELECT DISTINCT '{name}' AS source, snapshot_date AS day FROM {name}"
    for name in ("account", "owner", "opportunity_contact"))
#: The days of which each source has anything, those of events in the organisation's time zone: how far it reaches.
_DAYS = {
    "department": "snapshot_date", "contact": "snapshot_date", "stage_change": "timezone({zone}, changed_at)::DATE",
    "activity": "timezone({zone}, occurred_at)::DATE",
    "assessment": "week", "checklist": "assessed_on", "support_request": "timezone({zone}, requested_at)::DATE",
    "relation": "valid_from",
}
_SOURCE_DAYS = "CREATE TABLE source_day AS SELECT * FROM export_day UNION ALL " + " UNION ALL ".join(
    f"SELECT DISTINCT '{name}', {day} FROM {name}" for name, day in _DAYS.items())
#: Names in the latest export, by a number: the file lies in the order of the export, so that whoever looks for some ids
#: in it reads them all.
_LATEST_NAMES = """CREATE TABLE latest_name AS
    SELECT hash(opportunity_id) AS key, opportunity_id, name FROM opportunity
    WHERE name IS NOT NULL AND snapshot_date = {latest}"""
#: Opportunities that the first snapshot after their beginning did not show: what later ones say of them was not known.
_LATE_SEEN = """CREATE TABLE late_seen AS
    SELECT opportunity_key, seen_on
    FROM (SELECT opportunity_id, opportunity_key, min(valid_from) AS begun_on FROM opportunity_state GROUP BY ALL)
    JOIN (SELECT opportunity_id, min(seen_from) AS seen_on FROM snapshot_spell GROUP BY ALL) USING (opportunity_id)
    ASOF JOIN snapshot_day ON day >= begun_on
    WHERE seen_on > day"""

#: By how much the number of opportunities with a value of a dimension changed on a day: of who stands on a day, the sum
#: up to it. Owners and accounts have about as many days as rows.
_VALUE_DAYS = "CREATE TABLE value_day AS " + " UNION ALL ".join(f"""
    SELECT '{name}' AS dimension, {name}::VARCHAR AS value, day, sum(change)::INTEGER AS change FROM (
        SELECT {name}, valid_from AS day, count(*) AS change FROM opportunity_state
        WHERE valid_to IS NULL OR valid_to > valid_from GROUP BY ALL
        UNION ALL
        SELECT {name}, valid_to, -count(*) FROM opportunity_state WHERE valid_to > valid_from GROUP BY ALL)
    GROUP BY ALL HAVING sum(change) <> 0""" for name in DIMENSIONS if name not in ("owner_id", "account_id"))


def shelf_of(con: duckdb.DuckDBPyConnection, marts: Mapping[str, str], settings: Settings,
             latest: date | None) -> Shelf:
    """Marts made from `marts` (name -> SQL source), `closing_foresight` (data/marts/foresight.py), and what is
    looked up or counted often: `chain_days`, `export_day`, `source_day`, `late_seen`, `value_day`, `latest_name` (of
    the export of the day `latest`, the only file that is opened for it)."""
    marts = {name: _graded(name, source, settings) for name, source in marts.items()}
    coded = _make_types(con, marts)
    salt = _salt(con, marts["stage_visit"])
    con.execute(f"CREATE MACRO key_of(id) AS hash(id, {salt})")  # of ids that no mart has told: those behind a mark

    def lay(name: str) -> Callable[[], None]:
        return lambda: _lay_down(con, name, marts[name], salt, coded)

    def foresee() -> None:
        shelf.provide("opportunity_state opportunity_week account_week late_seen")
        make_foresight(con, settings)

    def gather(sql: str, needs: str = "") -> Callable[[], None]:
        def make() -> None:
            shelf.provide(needs)
            con.execute(sql)
        return make

    shelf = Shelf({**{name: lay(name) for name in LAID}, "closing_foresight": foresee,
                   "chain_days": gather(_CHAIN_DAYS), "export_day": gather(_EXPORT_DAYS),
                   "late_seen": gather(_LATE_SEEN, "opportunity_state"),
                   "value_day": gather(_VALUE_DAYS, "opportunity_state"),
                   "source_day": gather(_SOURCE_DAYS.format(zone=quoted(settings.organisation.timezone)), "export_day"),
                   "latest_name": gather(_LATEST_NAMES.format(latest=f"DATE '{latest}'" if latest else "NULL"))})
    return shelf


def _lay_down(con: duckdb.DuckDBPyConnection, name: str, source: str, salt: int, coded: AbstractSet[str]) -> None:
    columns = ", ".join(f"{c.name}::{kind} AS {c.name}" if (kind := _kept_as(name, c, coded)) else c.name
                        for c in MARTS[name].columns)
    has_opportunity = MARTS[name].columns[0].name == "opportunity_id"
    key = f", hash(opportunity_id, {salt}) AS opportunity_key" if has_opportunity else ""
    rows = f"(SELECT {columns}{key} FROM {source}) AS laid"
    joined = _patterns(con, name, rows) if name in PATTERNS else rows
    if name == "stage_visit":  # the day on which each entered the pipeline, where that is known
        joined += f""" LEFT JOIN (SELECT hash(opportunity_id, {salt}) AS opportunity_key, entered_on AS begun_on
            FROM {source} WHERE visit_no = 1 AND is_entry_known) AS first_visit USING (opportunity_key)"""
    con.execute(f"CREATE TABLE {name} AS SELECT * FROM {joined} ORDER BY {LAID[name]}")


def _patterns(con: duckdb.DuckDBPyConnection, name: str, rows: str) -> str:
    """Makes the table of a mart's patterns; gives the mart's rows with the number of theirs."""
    table, columns = PATTERNS[name]
    listed = ", ".join(columns)
    con.execute(f"""CREATE TABLE {table} AS SELECT (row_number() OVER ())::INTEGER - 1 AS pattern, *
        FROM (SELECT DISTINCT {listed} FROM {rows})""")
    same = " AND ".join(f"{table}.{c} IS NOT DISTINCT FROM laid.{c}" for c in columns)
    return f"(SELECT laid.*, pattern FROM {rows} JOIN {table} ON {same}) AS laid"


def _graded(name: str, source: str, settings: Settings) -> str:
    """The rows with one grade, whoever asks: the one given, else by the amount as it was then (METHOD B10)."""
    if not {"grade", "amount_base"} <= {c.name for c in MARTS[name].columns}:
        return source
    steps = settings.attention.grade_amounts
    cases = " ".join(f"WHEN amount_base >= {float(least)} THEN {quoted(grade)}" for grade, least in steps.items())
    rest = "" if "C" in steps else "WHEN amount_base IS NOT NULL THEN 'C'"
    return (f"(SELECT * REPLACE (coalesce(upper(nullif(trim(grade), '')), CASE {cases} {rest} END) AS grade) "
            f"FROM {source})")


def _salt(con: duckdb.DuckDBPyConnection, visits: str) -> int:
    """What makes `opportunity_key` in the marts of opportunities different for all of them.

    The key is a number to join by, five times as fast as the id's text: a hash of the id. Should two ids ever share one
    (one chance in ten million for a million ids), all get others. Every opportunity has a first visit.
    """
    for salt in range(100):
        if con.execute(f"""SELECT count(DISTINCT hash(opportunity_id, {salt})) = count(*) FROM {visits}
                           WHERE visit_no = 1""").fetchall()[0][0]:
            return salt
    raise AssertionError("a hundred hashes of the ids all collide")


def _type_of(column: Column) -> str | None:
    """The name of the list of values of a text column."""
    is_listed = column.type == "text" and column.name not in _FREE_TEXT
    return f"values_{_DOMAINS.get(column.name, column.name)}" if is_listed else None


def _kept_as(mart: str, column: Column, coded: AbstractSet[str]) -> str | None:
    """The type in which a column is kept in memory, where it is not the stored one."""
    if column.type == "integer" and mart in _MANY_ROWS:
        return "INTEGER"
    return kind if (kind := _type_of(column)) in coded else None


def _make_types(con: duckdb.DuckDBPyConnection, marts: Mapping[str, str]) -> AbstractSet[str]:
    """One type `values_<column>` per text column, over all marts; gives the names of those that are ENUMs.

    An ENUM has its values in text order; what has more than MANY_VALUES is text under the same name, so that a query
    can cast to it either way.
    """
    values: dict[str, set[str]] = {f"values_{name}": set(fixed) for name, fixed in _FIXED.items()}
    values["values_stage_kind"] |= set(CLOSING_KINDS)
    for name, source in marts.items():
        listed = [(c.name, kind) for c in MARTS[name].columns if (kind := _type_of(c))]
        lists = ", ".join(f"list(DISTINCT {c}) FILTER ({c} IS NOT NULL)" for c, _ in listed)
        found = con.execute(f"SELECT {lists} FROM {source}").fetchall()[0]
        for (_, kind), items in zip(listed, found, strict=True):
            values.setdefault(kind, set()).update(items or ())
    coded = {kind for kind, texts in values.items() if len(texts) <= MANY_VALUES}
    for kind, texts in values.items():
        listed_texts = ", ".join(quoted(t) for t in sorted(texts))
        con.execute(f"CREATE TYPE {kind} AS {f'ENUM ({listed_texts})' if kind in coded else 'VARCHAR'}")
    return coded


def quoted(text: str) -> str:
    """A SQL string literal, for the places (DDL, settings) where a value cannot be bound."""
    return "'" + text.replace("'", "''") + "'"

