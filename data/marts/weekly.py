"""The weekly marts: what the comparison with the rivals said (`opportunity_week`), how close we were (`account_week`).

    assessment, checklist, opportunity_state, tender mode ─▶ opportunity_week
    activity ─▶ touch ─▶ contact_week ─▶ account_week ◀─ department, account, owner

Works on a DuckDB connection in which the canonical tables are called `all_<name>`. A week is known by its Monday and
judged at its end, as_of_on: its Sunday, or the last known day in the last week. The formulas are those of METHOD B2 to
B8; analytics/comparison.py and analytics/closeness.py are the same on one opportunity or one account.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from data.contracts import DIMENSIONS
from data.enrich import segment_sql
from data.marts.spells import statement
from data.settings import Closeness, Settings, WinRate

#: The weekly marts.
WEEKLY = ("opportunity_week", "account_week")
#: Canonical tables from which the weekly marts are made, besides what the stories are made of.
SOURCES = ("assessment", "checklist", "activity", "contact", "department", "opportunity_contact", "account", "owner")
#: Assessments whose shares, and weeks of contacts whose closeness, are worked out at a time: bound the memory.
BUCKET_ASSESSMENTS = 3_000_000
BUCKET_CONTACT_WEEKS = 4_000_000

_PARAM = re.compile(r"\$(\w+)")

#: Weeks are counted from this Monday.
WEEK_ZERO = date(1900, 1, 1)


@dataclass(frozen=True)
class Bounds:
    """The days of a company on which the weeks of each of its accounts depend; None where nothing was recorded.

    `first_contact_on`: the first snapshot of contacts; `first_record_on`: the first activity (sql/history/record.sql).
    """

    first_contact_on: date | None
    first_record_on: date | None


def monday(day: date) -> date:
    """The first day of the ISO week of `day`."""
    return day - timedelta(days=day.weekday())


def make(con: duckdb.DuckDBPyConnection, settings: Settings, last_day: date, *, state: str) -> None:
    """Makes tables `opportunity_week` and `account_week`; `state` as in `make_opportunity_week`."""
    make_opportunity_week(con, settings, last_day, "opportunity_week", state=state, spell="snapshot_spell")
    make_touch(con, settings, last_day)
    make_account_week(con, settings, last_day, "account_week")


def make_opportunity_week(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    last_day: date,
    name: str,
    *,
    state: str,
    spell: str,
    wanted: str | None = None,
) -> None:
    """Makes table `name` in the columns of mart `opportunity_week`.

    `state` and `spell` are the marts `opportunity_state` and `snapshot_spell` (names or SQL), `wanted` a table of
    opportunity_id: only these (None: all).
    """
    only = f"SEMI JOIN {wanted} USING (opportunity_id)" if wanted else ""
    count = con.execute(f"SELECT count(*) FROM all_assessment {only}").fetchall()[0][0]
    buckets = count // BUCKET_ASSESSMENTS + 1
    compared = statement("compared_week")
    told = statement("opportunity_week").format(dimensions=", ".join(f"s.{d}" for d in DIMENSIONS))
    con.execute("""
        CREATE OR REPLACE TABLE party_name AS
        SELECT party, row_number() OVER (ORDER BY party <> 'us', party) - 1 AS party_no
        FROM (SELECT 'us' AS party UNION SELECT DISTINCT party FROM all_assessment)""")
    for bucket in range(buckets):
        mine = f"{only} WHERE hash(opportunity_id) % {buckets} = {bucket}"
        sources = {
            "assessment": "all_assessment",
            "checklist": "all_checklist",
            "judged_state": state,
            "tender_spell": spell,
        }
        for view, source in sources.items():
            con.execute(f"CREATE OR REPLACE VIEW {view} AS SELECT * FROM {source} {mine}")
        con.execute(f"CREATE OR REPLACE TABLE tender AS {statement('tender')}")
        con.execute("""
            CREATE OR REPLACE TABLE deal_name AS SELECT opportunity_id, (row_number() OVER ())::INT AS deal_no
            FROM (SELECT DISTINCT opportunity_id FROM assessment)""")
        _collect(con, "compared_week", compared, _values(compared, settings.win_rate, last_day=last_day), is_first=True)
        _collect(con, name, told, _values(told, settings.win_rate, last_day=last_day), is_first=bucket == 0)
    con.execute("DROP TABLE compared_week")


def make_account_week(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    last_day: date,
    name: str,
    *,
    first_week: date | None = None,
    until_week: date | None = None,
    wanted: str | None = None,
    bounds: Bounds | None = None,
) -> None:
    """Makes table `name` in the columns of mart `account_week`.

    `first_week`, `until_week`: only weeks from the one and before the other (None: all). `wanted`: a table of
    account_id, only these (None: all). Table `touch` must have been made (`make_touch`). `bounds`: those of the
    company, where the tables hold only a part of its accounts.
    """
    only = f"SEMI JOIN {wanted} USING (account_id)" if wanted else ""
    bounds = bounds or _bounds(con)
    con.execute("CREATE OR REPLACE TABLE record AS SELECT $day::DATE AS first_day", {"day": bounds.first_record_on})
    weeks = _weeks(last_day, bounds.first_contact_on, first_week, until_week)
    _set_weeks(con, weeks, last_day)
    _set_owners(con, settings, only)
    people = con.execute(f"SELECT count(*) / greatest(count(DISTINCT snapshot_date), 1) FROM all_contact {only}")
    buckets = int(people.fetchall()[0][0] * len(weeks)) // BUCKET_CONTACT_WEEKS + 1
    of_contacts, of_accounts = statement("contact_week"), statement("account_week")
    for bucket in range(buckets):
        _set_people(con, f"{only} WHERE hash(account_id) % {buckets} = {bucket}")
        _collect(con, "contact_week", of_contacts, _values(of_contacts, settings.closeness), is_first=True)
        _collect(con, name, of_accounts, _values(of_accounts, settings.closeness), is_first=bucket == 0)
    con.execute("DROP TABLE contact_week")


def make_touch(con: duckdb.DuckDBPyConnection, settings: Settings, last_day: date) -> None:
    """Makes table `touch` (sql/history/touch.sql), and the numbers by which contacts, owners and accounts go inside.

    Numbers follow the order of the names, so that whoever comes first among equals is the same in every run.
    """
    for key, source in (("contact", "all_contact"), ("account", "all_contact"), ("owner", "all_activity")):
        con.execute(f"""
            CREATE OR REPLACE TABLE {key}_name AS SELECT {key}_id, row_number() OVER (ORDER BY {key}_id) AS {key}_no
            FROM (SELECT DISTINCT {key}_id FROM {source} WHERE {key}_id IS NOT NULL)""")
    _set_kinds(con, settings)
    _tell_facts(con, settings, last_day, ("touch", "record", "contact_fact"))


def _tell_facts(con: duckdb.DuckDBPyConnection, settings: Settings, last_day: date, names: Sequence[str]) -> None:
    con.execute("CREATE OR REPLACE VIEW activity AS FROM all_activity")
    for name in names:
        sql = statement(name)
        more = {"last_day": last_day, "timezone": settings.organisation.timezone}
        _collect(con, name, sql, _values(sql, settings.closeness, **more), is_first=True)


def _set_kinds(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Table `kind_weight`: kind of activity in lower case, what it is worth, whether it is capped."""
    capped = [kind.lower() for kind in settings.closeness.capped]
    weights = {**dict.fromkeys(capped), **settings.closeness.activity_weights}
    rows = [{"kind": kind, "weight": weight, "is_capped": kind in capped} for kind, weight in weights.items()]
    schema = pa.schema([("kind", pa.string()), ("weight", pa.float64()), ("is_capped", pa.bool_())])
    con.register("arrow_kind", pa.Table.from_pylist(rows, schema))
    con.execute("CREATE OR REPLACE TABLE kind_weight AS FROM arrow_kind")
    con.unregister("arrow_kind")


def last_known_day(con: duckdb.DuckDBPyConnection, state: str) -> date:
    """The last day on which any opportunity changed, where there are no snapshots to end on."""
    day: date | None = con.execute(f"SELECT max(valid_from) FROM {state}").fetchall()[0][0]
    return day or date(2000, 1, 1)


def _set_people(con: duckdb.DuckDBPyConnection, mine: str) -> None:
    """Tables `person` and `seat`: the snapshots of contacts and departments of some accounts, names as numbers."""
    con.execute(f"""
        CREATE OR REPLACE TABLE department_name AS SELECT department, row_number() OVER () AS department_no
        FROM (SELECT department FROM all_contact {mine} UNION SELECT department FROM all_department {mine})
        WHERE department IS NOT NULL""")
    con.execute(f"""
        CREATE OR REPLACE TABLE person AS
        SELECT contact_no, account_no, department_no, CASE WHEN title IS NOT NULL THEN hash(title) END AS title_no,
               importance, status, orientation IS NOT NULL AS is_oriented, snapshot_date
        FROM (FROM all_contact {mine}) JOIN contact_name USING (contact_id) JOIN account_name USING (account_id)
             LEFT JOIN department_name USING (department)""")
    con.execute(f"""
        CREATE OR REPLACE TABLE seat AS SELECT account_no, department_no, weight, target_contacts, snapshot_date
        FROM (FROM all_department {mine}) JOIN account_name USING (account_id)
             JOIN department_name USING (department)""")


def _set_owners(con: duckdb.DuckDBPyConnection, settings: Settings, only: str) -> None:
    """Tables `account_spell` and `owner_spell`: what accounts and owners were from `first_on` on."""
    params: dict[str, Any] = {}
    segment = segment_sql(settings.segments, params, "a")
    con.execute(
        f"""CREATE OR REPLACE TABLE account_spell AS
            SELECT account_no, snapshot_date AS first_on, owner_id, ownership, industry, region, {segment} AS segment
            FROM (FROM all_account {only}) a JOIN account_name USING (account_id)""",
        params,
    )
    con.execute("""
        CREATE OR REPLACE TABLE owner_spell AS SELECT owner_id, snapshot_date AS first_on, region, team
        FROM all_owner""")


def _values(sql: str, rules: WinRate | Closeness, **more: Any) -> dict[str, Any]:
    """What the parameters of a statement stand for: settings of the same name, and `more`."""
    names = set(_PARAM.findall(re.sub(r"--.*", "", sql)))
    own = {name: getattr(rules, name) for name in names - set(more)}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in (own | more).items() if name in names}


def _collect(con: duckdb.DuckDBPyConnection, name: str, sql: str, values: dict[str, Any], *, is_first: bool) -> None:
    con.execute(f"CREATE OR REPLACE TABLE {name} AS {sql}" if is_first else f"INSERT INTO {name} BY NAME {sql}", values)


def bounds_of(con: duckdb.DuckDBPyConnection, settings: Settings, last_day: date) -> Bounds:
    """The bounds of the contacts in `all_contact` and the activities in `all_activity`."""
    _tell_facts(con, settings, last_day, ("record",))
    return _bounds(con)


def _bounds(con: duckdb.DuckDBPyConnection) -> Bounds:
    row = con.execute("SELECT (SELECT min(snapshot_date) FROM all_contact), (SELECT first_day FROM record)").fetchall()
    return Bounds(*row[0])


def _weeks(last_day: date, start: date | None, first: date | None, until: date | None) -> list[date]:
    """The Mondays from the first snapshot of contacts, or `first`, up to the last day, or before `until`."""
    if start is None:
        return []
    week = max(monday(start), first or date.min)
    end = min(last_day, until - timedelta(days=1)) if until else last_day
    return [week + timedelta(weeks=i) for i in range((end - week).days // 7 + 1)] if week <= end else []


def _set_weeks(con: duckdb.DuckDBPyConnection, weeks: Sequence[date], last_day: date) -> None:
    con.register(
        "arrow_week",
        pa.table(
            {
                "week_no": pa.array([(w - WEEK_ZERO).days // 7 for w in weeks], pa.int64()),
                "week": pa.array(weeks, pa.date32()),
                "as_of_on": pa.array([min(w + timedelta(days=6), last_day) for w in weeks], pa.date32()),
            }
        ),
    )
    con.execute("CREATE OR REPLACE TABLE week_list AS FROM arrow_week")
    con.unregister("arrow_week")
