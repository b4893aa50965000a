"""What an opportunity inherits: money in the base currency, segment, industry, region and team, pipeline.

Pure on tables: accounts and owners count as their latest snapshot up to the opportunity's snapshot date shows them, so
that a key account of last year stays one in last year's numbers. A snapshot is complete: an account that is missing
in it is not known. What is not known stays null.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.contracts import TABLES, spelled_as
from data.errors import MvpodError, nearest
from data.mapping.stages import Stages
from data.settings import SegmentRule, Settings

_AT_LEAST = {"annual_revenue_min": "annual_revenue", "employees_min": "employees"}
_ONE_OF = ("tier", "industry", "ownership", "region")


def conform(table: pa.Table, target: str) -> pa.Table:
    """`table` in the stored schema of `target`: absent columns as null, the rest cast, in order; text by number of its
    word stays so."""
    columns, fields = [], []
    for declared in TABLES[target].schema():
        field = declared
        if field.name in table.column_names:
            column = table.column(field.name)
            field = spelled_as(column.type, declared)
            columns.append(column if column.type == field.type else column.cast(field.type))
        else:
            columns.append(pa.nulls(table.num_rows, field.type))
        fields.append(field)
    return pa.table(columns, schema=pa.schema(fields))


def enrich(opportunity: pa.Table, account: str, owner: str, settings: Settings,
           con: duckdb.DuckDBPyConnection) -> pa.Table:
    """`opportunity` (columns of the contract, pipeline and stage as keys) with its derived columns; row order stays.

    `account` and `owner` are SQL sources (a registered table or a subquery) with the columns of their contracts.
    `amount_base` = amount × rate, no currency meaning the base currency; a currency without a rate gives null.
    """
    opportunity = conform(opportunity, "opportunity")
    organisation = settings.organisation
    params: dict[str, Any] = {"currencies": [organisation.base_currency, *organisation.rates],
                              "rates": [1.0, *map(float, organisation.rates.values())]}
    segment = segment_sql(settings.segments, params, "a")
    narrow = opportunity.select(_NEEDED).append_column("i", pa.array(np.arange(opportunity.num_rows, dtype=np.int64)))
    days = pc.unique(opportunity.column("snapshot_date")).to_pylist()
    in_force = {name: _in_force(days, _days(source, con)) for name, source in (("account", account), ("owner", owner))}
    con.register("opportunity_in", narrow)
    con.register("pipeline_of", _pipeline_choices(settings))
    con.register("in_force", pa.table({"day": pa.array(days, pa.date32()), **{
        name: pa.array([found[d] for d in days], pa.date32()) for name, found in in_force.items()}}))
    try:
        derived = con.sql(f"""
            WITH a AS (FROM {account} WHERE {_among(in_force["account"])}),
            w AS (FROM {owner} WHERE {_among(in_force["owner"])}),
            judged AS (
                SELECT o.*, a.ownership, a.industry, coalesce(a.region, w.region) AS region, w.team,
                       CASE WHEN a.account_id IS NOT NULL THEN {segment} END AS segment
                FROM opportunity_in o JOIN in_force f ON f.day = o.snapshot_date
                LEFT JOIN a ON a.account_id = o.account_id AND a.snapshot_date = f.account
                LEFT JOIN w ON w.owner_id = o.owner_id AND w.snapshot_date = f.owner)
            SELECT coalesce(j.pipeline, c.pipeline) AS pipeline, j.segment, j.ownership, j.industry, j.region, j.team,
                CASE WHEN j.currency IS NULL THEN j.amount
                     ELSE round(j.amount::DOUBLE * $rates[nullif(list_position($currencies, upper(j.currency)), 0)], 2)
                END::DECIMAL(18, 2) AS amount_base
            FROM judged j LEFT JOIN pipeline_of c
                ON c.stage = j.stage AND c.segment = coalesce(j.segment, '')
            ORDER BY j.i""", params=params).to_arrow_table()
    finally:
        for name in ("opportunity_in", "pipeline_of", "in_force"):
            con.unregister(name)
    for name in derived.column_names:
        position = opportunity.column_names.index(name)
        column = derived.column(name)
        field = opportunity.schema.field(name)
        opportunity = opportunity.set_column(position, field, column.cast(field.type))
    return opportunity


_NEEDED = ["account_id", "owner_id", "pipeline", "stage", "currency", "amount", "snapshot_date"]


def _days(source: str, con: duckdb.DuckDBPyConnection) -> list[date]:
    return [r[0] for r in con.sql(f"SELECT DISTINCT snapshot_date FROM {source} ORDER BY 1").fetchall()]


def _in_force(days: Iterable[date], known: list[date]) -> dict[date, date | None]:
    """Per day the latest of the known (sorted) snapshot dates that is not after it."""
    return {day: known[at - 1] if (at := bisect_right(known, day)) else None for day in days}


def _among(in_force: dict[date, date | None]) -> str:
    """SQL: only these snapshots, as literals, so that no other file of the table is read."""
    days = sorted({d for d in in_force.values() if d})
    return "snapshot_date IN (" + ", ".join(f"DATE '{d.isoformat()}'" for d in days) + ")" if days else "false"


def segment_sql(rules: Iterable[SegmentRule], params: dict[str, Any], prefix: str) -> str:
    """The segment of an account as SQL over the columns of `prefix`: its own, by key or label, else the first rule that
    fits. A condition on something unknown does not hold. Fills `params`; E_SETTINGS for an unknown condition."""
    rules = tuple(rules)
    names = {name.lower(): rule.key for rule in rules for name in (rule.key, *rule.label.values())}
    params["segment_names"], params["segment_keys"] = list(names) or [""], list(names.values()) or [""]
    own = (f"coalesce($segment_keys[nullif(list_position($segment_names, lower({prefix}.segment)), 0)], "
           f"{prefix}.segment)")
    cases = []
    for i, rule in enumerate(rules):
        parts = [_condition(key, value, f"rule_{i}_{j}", params, prefix)
                 for j, (key, value) in enumerate(rule.when.items())]
        params[f"rule_{i}"] = rule.key
        cases.append(f"WHEN {' AND '.join(parts) or 'true'} THEN $rule_{i}::VARCHAR")
    return f"coalesce({own}, CASE {' '.join(cases)} END)" if cases else own


def _condition(key: str, value: Any, name: str, params: dict[str, Any], prefix: str) -> str:
    if key in _AT_LEAST and type(value) in (int, float):
        params[name] = float(value)
        return f"{prefix}.{_AT_LEAST[key]} >= ${name}"
    if key in _ONE_OF:
        params[name] = [str(v).lower() for v in (value if isinstance(value, list) else [value])]
        return f"list_contains(${name}, lower({prefix}.{key}))"
    known = [*_AT_LEAST, *_ONE_OF]
    raise MvpodError("E_SETTINGS_KEY", file="mvpod.toml", key=f"segment.when.{key}", known=known,
                     hint=nearest(key, known))


def _pipeline_choices(settings: Settings) -> pa.Table:
    """Which pipeline a stage stands for where the export does not say: the segment's, else the first that has it."""
    stages = Stages(settings)
    by_key = {p.key: p for p in settings.pipelines}
    rows: list[dict[str, str]] = []
    for stage in dict.fromkeys(s.key for p in settings.pipelines for s in p.stages):
        homes = stages.homes(stage)
        for segment in ("", *settings.segment_keys):
            fitting = [p for p in homes if segment in by_key[p].segments] or homes
            rows.append({"stage": stage, "segment": segment, "pipeline": fitting[0]})
    return pa.Table.from_pylist(rows, pa.schema([(c, pa.string()) for c in ("stage", "segment", "pipeline")]))


def from_events(events: str, as_of: date, settings: Settings, con: duckdb.DuckDBPyConnection) -> pa.Table:
    """The opportunities that `events` (SQL source with the columns of `stage_change`, keys resolved) tell of, as of the
    end of a day: the stage is that of the latest event, created on the first event if that is a beginning.

    `extra` marks them, so that a later export of real opportunities is told apart.
    """
    table = con.sql(f"""
        WITH dated AS (
            SELECT *, timezone($zone, changed_at)::DATE AS day FROM {events}),
        ranked AS (
            SELECT *, row_number() OVER (PARTITION BY opportunity_id ORDER BY changed_at DESC, file_order DESC) AS back,
                   row_number() OVER (PARTITION BY opportunity_id ORDER BY changed_at, file_order) AS forth
            FROM dated WHERE day <= $as_of)
        SELECT l.opportunity_id, l.pipeline, l.to_stage AS stage, l.day AS stage_entered_on,
               CASE WHEN f.from_stage IS NULL THEN f.day END AS created_on, l.day AS closed_on,
               NULL::VARCHAR AS status, $mark AS extra, $as_of::DATE AS snapshot_date
        FROM ranked l JOIN ranked f USING (opportunity_id) WHERE l.back = 1 AND f.forth = 1
        ORDER BY l.opportunity_id""", params={"zone": settings.organisation.timezone, "as_of": as_of,
                                              "mark": FROM_EVENTS}).to_arrow_table()
    return conform(table, "opportunity")


#: What marks a row that no export listed.
FROM_EVENTS = '{"mvpod":"from stage events"}'


def differing(old: pa.Table, new: pa.Table, con: duckdb.DuckDBPyConnection) -> list[date]:
    """Snapshot dates on which two versions of the same opportunities differ."""
    con.register("old_rows", old)
    con.register("new_rows", new)
    try:
        rows = con.sql("""SELECT DISTINCT snapshot_date FROM (
            (SELECT * FROM old_rows EXCEPT SELECT * FROM new_rows)
            UNION ALL (SELECT * FROM new_rows EXCEPT SELECT * FROM old_rows)) ORDER BY 1""").fetchall()
    finally:
        con.unregister("old_rows")
        con.unregister("new_rows")
    return [r[0] for r in rows]

