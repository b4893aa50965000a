"""The weekly marts: what the comparison with the rivals said (`opportunity_week`), how close we were (`account_week`).

    assessment, checklist, opportunity_state, tender mode ─▶ opportunity_week
    activity ─▶ touch ─▶ contact_week ─▶ account_week ◀─ department, account, owner

Works on a DuckDB connection in which the canonical tables are called `all_<name>`. A week is known by its Monday and
judged at its end, as_of_on: its Sunday, or the last known day in the last week. The formulas are those of DOMAIN B2 to
B8; analytics/comparison.py and analytics/closeness.py are the same on one opportunity or one account.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from data.contracts import DIMENSIONS
from data.enrich import segment_sql
from data.settings import Settings
from data.spells import statement

#: The weekly marts.
WEEKLY = ("opportunity_week", "account_week")
#: Canonical tables from which the weekly marts are made, besides what the stories are made of.
SOURCES = ("assessment", "checklist", "activity", "contact", "department", "opportunity_contact", "account", "owner")
#: Assessments whose shares, and weeks of contacts whose closeness, are worked out at a time: bound the memory.
BUCKET_ASSESSMENTS = 6_000_000
BUCKET_CONTACT_WEEKS = 4_000_000

#: Weeks are counted from this Monday.
WEEK_ZERO = date(1900, 1, 1)


def monday(day: date) -> date:
    """The first day of the ISO week of `day`."""
    return day - timedelta(days=day.weekday())


def make(con: duckdb.DuckDBPyConnection, settings: Settings, last_day: date, *, state: str) -> None:
    """Makes tables `opportunity_week` and `account_week` from tables in memory; `state` as in `make_opportunity_week`."""
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
    rules = settings.win_rate
    only = f"SEMI JOIN {wanted} USING (opportunity_id)" if wanted else ""
    count = con.execute(f"SELECT count(*) FROM all_assessment {only}").fetchall()[0][0]
    buckets = count // BUCKET_ASSESSMENTS + 1
    values = {
        "last_day": last_day,
        "floor": rules.floor,
        "need_weight": rules.need_weight,
        "closeness_weight": rules.closeness_weight,
        "gamma": rules.gamma,
        "carry": rules.carry_weeks,
        "condition_base": rules.condition_base,
        "condition_span": rules.condition_span,
        "single_source_item": rules.single_source_item,
    }
    sql = statement("opportunity_week").format(dimensions=", ".join(DIMENSIONS))
    for bucket in range(buckets):
        mine = f"{only} WHERE hash(opportunity_id) % {buckets} = {bucket}"
        con.execute(f"CREATE OR REPLACE VIEW assessment AS SELECT * FROM all_assessment {mine}")
        con.execute(f"CREATE OR REPLACE VIEW checklist AS SELECT * FROM all_checklist {mine}")
        con.execute(f"CREATE OR REPLACE VIEW judged_state AS SELECT * FROM {state} {mine}")
        con.execute(f"CREATE OR REPLACE VIEW tender_spell AS SELECT * FROM {spell} {mine}")
        con.execute(f"CREATE OR REPLACE TEMP TABLE tender AS {statement('tender')}")
        _collect(con, name, sql.replace("opportunity_state", "judged_state"), values, is_first=bucket == 0)


def make_account_week(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    last_day: date,
    name: str,
    *,
    first_week: date | None = None,
    until_week: date | None = None,
    wanted: str | None = None,
) -> None:
    """Makes table `name` in the columns of mart `account_week`.

    `first_week`, `until_week`: only weeks from the one and before the other (None: all). `wanted`: a table of
    account_id, only these (None: all). Table `touch` must have been made (`make_touch`).
    """
    rules = settings.closeness
    only = f"SEMI JOIN {wanted} USING (account_id)" if wanted else ""
    weeks = _weeks(con, last_day, first_week, until_week)
    _set_weeks(con, weeks, last_day)
    _set_owners(con, settings, only)
    of_contacts = {
        "half_life": rules.half_life_days,
        "reached": rules.reached_days,
        "cadence": list(rules.cadence_days),
        "unknown_cadence": rules.unknown_cadence_days,
        "unknown_attitude": rules.unknown_attitude,
    }
    of_accounts = {
        "key": rules.key_importance,
        "target": rules.target_contacts,
        "drop_weeks": rules.drop_weeks,
        "drop_importance": rules.drop_importance,
        "trust_weight": rules.trust_weight,
        "depth_weight": rules.depth_weight,
        "breadth_weight": rules.breadth_weight,
        "transparency_weight": rules.transparency_weight,
        "reached": rules.reached_days,
    }
    people = con.execute(
        f"SELECT count(*) / greatest(count(DISTINCT snapshot_date), 1) FROM all_contact {only}"
    ).fetchall()
    buckets = int(people[0][0] * len(weeks)) // BUCKET_CONTACT_WEEKS + 1
    for bucket in range(buckets):
        _set_people(con, f"{only} WHERE hash(account_id) % {buckets} = {bucket}")
        _collect(con, "contact_week", statement("contact_week"), of_contacts, is_first=True)
        _collect(con, name, statement("account_week"), of_accounts, is_first=bucket == 0)
    con.execute("DROP TABLE contact_week")


def make_touch(con: duckdb.DuckDBPyConnection, settings: Settings, last_day: date) -> None:
    """Makes table `touch` (sql/history/touch.sql), and the numbers by which contacts, owners and accounts go inside.

    Numbers follow the order of the names, so that whoever comes first among equals is the same in every run.
    """
    rules = settings.closeness
    for key, source in (("contact", "all_contact"), ("account", "all_contact"), ("owner", "all_activity")):
        con.execute(f"""CREATE OR REPLACE TEMP TABLE {key}_name AS
                        SELECT {key}_id, row_number() OVER (ORDER BY {key}_id) AS {key}_no
                        FROM (SELECT DISTINCT {key}_id FROM {source} WHERE {key}_id IS NOT NULL)""")
    con.register(
        "arrow_kind",
        pa.table(
            {
                "kind": pa.array(rules.activity_weights.keys(), pa.string()),
                "weight": pa.array(rules.activity_weights.values(), pa.float64()),
            }
        ),
    )
    con.execute("CREATE OR REPLACE TEMP TABLE kind_weight AS FROM arrow_kind")
    con.unregister("arrow_kind")
    con.execute("CREATE OR REPLACE VIEW activity AS FROM all_activity")
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE touch AS {statement('touch')}",
        {
            "timezone": settings.organisation.timezone,
            "other_activity": rules.other_activity,
            "last_day": last_day,
            "capped": [kind.lower() for kind in rules.capped],
            "capped_days": rules.capped_days,
        },
    )
    con.execute(
        """CREATE OR REPLACE TEMP TABLE record AS
           SELECT min(timezone($timezone, occurred_at)::DATE) AS first_day FROM activity
           WHERE contact_id IS NOT NULL AND coalesce(is_valid, true)
             AND timezone($timezone, occurred_at)::DATE <= $last_day""",
        {"timezone": settings.organisation.timezone, "last_day": last_day},
    )
    con.execute("""CREATE OR REPLACE TEMP TABLE told AS SELECT contact_no, min(snapshot_date) FILTER (status IS NOT NULL) AS status_on,
                   min(snapshot_date) FILTER (decision_role IS NOT NULL) AS role_on
                   FROM all_opportunity_contact JOIN contact_name USING (contact_id) GROUP BY contact_no""")


def last_known_day(con: duckdb.DuckDBPyConnection, state: str) -> date:
    """The last day on which any opportunity changed, where there are no snapshots to end on."""
    day: date | None = con.execute(f"SELECT max(valid_from) FROM {state}").fetchall()[0][0]
    return day or date(2000, 1, 1)


def _set_people(con: duckdb.DuckDBPyConnection, mine: str) -> None:
    """Tables `person` and `seat`: the snapshots of contacts and departments of some accounts, names as numbers."""
    con.execute(f"""CREATE OR REPLACE TEMP TABLE department_name AS SELECT department, row_number() OVER () AS department_no
                    FROM (SELECT department FROM all_contact {mine} UNION SELECT department FROM all_department {mine})
                    WHERE department IS NOT NULL""")
    con.execute(f"""CREATE OR REPLACE TEMP TABLE person AS
                    SELECT contact_no, account_no, department_no, CASE WHEN title IS NOT NULL THEN hash(title) END AS title_no,
                           importance, status, orientation IS NOT NULL AS is_oriented, snapshot_date
                    FROM (FROM all_contact {mine}) JOIN contact_name USING (contact_id) JOIN account_name USING (account_id)
                         LEFT JOIN department_name USING (department)""")
    con.execute(f"""CREATE OR REPLACE TEMP TABLE seat AS SELECT account_no, department_no, weight, target_contacts, snapshot_date
                    FROM (FROM all_department {mine}) JOIN account_name USING (account_id)
                         JOIN department_name USING (department)""")


def _set_owners(con: duckdb.DuckDBPyConnection, settings: Settings, only: str) -> None:
    """Tables `account_spell` and `owner_spell`: what accounts and owners were from `first_on` on."""
    params: dict[str, Any] = {}
    segment = segment_sql(settings.segments, params, "a")
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE account_spell AS
                    SELECT account_no, snapshot_date AS first_on, owner_id, ownership, industry, region, {segment} AS segment
                    FROM (FROM all_account {only}) a JOIN account_name USING (account_id)""",
        params,
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE owner_spell AS "
        "SELECT owner_id, snapshot_date AS first_on, region, team FROM all_owner"
    )


def _collect(con: duckdb.DuckDBPyConnection, name: str, sql: str, values: dict[str, Any], *, is_first: bool) -> None:
    con.execute(f"CREATE OR REPLACE TABLE {name} AS {sql}" if is_first else f"INSERT INTO {name} BY NAME {sql}", values)


def _weeks(con: duckdb.DuckDBPyConnection, last_day: date, first: date | None, until: date | None) -> list[date]:
    """The Mondays from the first snapshot of contacts, or `first`, up to the last day, or before `until`."""
    start = con.execute("SELECT min(snapshot_date) FROM all_contact").fetchall()[0][0]
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
    con.execute("CREATE OR REPLACE TEMP TABLE week_list AS FROM arrow_week")
    con.unregister("arrow_week")
