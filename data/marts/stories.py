"""From spells and stage events to the stories of opportunities: visits, reach, state, changes.

Works on a DuckDB connection; every step is one SQL file of `data/sql/history`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from data.contracts import ARROW, CLOSING_KINDS, MARTS, STAGE_KINDS, TIME_SOURCES
from data.engine import duckdb_type, quoted
from data.errors import MvpodError
from data.marts import spells
from data.scope import UNKNOWN
from data.settings import Pipeline, Settings

#: Marts made from spells and events, in the order in which they are made.
STORIES = ("stage_visit", "stage_reach", "opportunity_state", "opportunity_change")

#: What the state of an opportunity takes from the spell in force.
_CONTENT = [c.name for c in MARTS["opportunity_state"].columns if c.name in spells.TRACKED and c.name not in
            ("stage", "status", "stage_entered_on", "created_on", "closed_on", "pipeline")]

_STAGE = pa.schema([("pipeline", pa.string()), ("stage", pa.string()), ("stage_order", pa.int64()),
                    ("kind", pa.string()), ("rank", pa.int64())])


def prepare(con: duckdb.DuckDBPyConnection, settings: Settings, days: Sequence[date]) -> None:
    """Tables `snapshot_day`, `stage_list`, `stage_home` (stage -> first pipeline that has it) and `closing_stage`."""
    spells.set_days(con, days, days)
    _make_codes(con, settings)
    rows = [row for pipeline in settings.pipelines for row in _stages(pipeline)]
    home: dict[str, dict[str, Any]] = {}
    closing: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        home.setdefault(row["stage"], row)
        if row["kind"] in CLOSING_KINDS:
            closing.setdefault((row["pipeline"], row["kind"]), row)
    for name, content in (("stage_list", rows), ("stage_home", home.values()), ("closing_stage", closing.values())):
        con.register("arrow_stage", pa.Table.from_pylist(list(content), _STAGE))
        con.execute(f"""CREATE TABLE {name} AS SELECT pipeline::pipeline_name AS pipeline, stage::stage_name AS stage,
                        stage_order::INT AS stage_order, kind::kind_name AS kind, rank::INT AS rank FROM arrow_stage""")
        con.unregister("arrow_stage")


def _make_codes(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """ENUM types for the words of the settings: joins and windows over codes are several times as fast as over text."""
    stages = {row["stage"] for pipeline in settings.pipelines for row in _stages(pipeline)}
    for name, words in (("pipeline_name", {p.key for p in settings.pipelines}), ("stage_name", stages | {UNKNOWN}),
                        ("kind_name", {*STAGE_KINDS, "gone"}), ("source_name", set(TIME_SOURCES))):
        con.execute(f"CREATE TYPE {name} AS ENUM ({', '.join(quoted(word) for word in sorted(words))})")


def _stages(pipeline: Pipeline) -> list[dict[str, Any]]:
    """The stages of a pipeline; `rank` = place among those of kind open (NULL for others: not steps of the ladder).

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


def tell(con: duckdb.DuckDBPyConnection, settings: Settings, source: str, events: str, where: str = "true") -> None:
    """From `source` (spells), `events` and the tables of `prepare`: the stories, as views named `told_` + mart.

    `where` picks opportunities by a condition on opportunity_id. Inside, opportunities are numbers, and what
    spells say besides the stage is joined last: text is what costs time. MvpodError E_STAGE_LOST names
    stages that the settings do not have.
    """
    _number(con, source, events, where)
    _check_stages(con)
    con.execute("CREATE OR REPLACE TABLE spell AS " + spells.statement("spell").format(content=", ".join(_CONTENT)))
    con.execute("""CREATE OR REPLACE TABLE created AS SELECT opportunity_id, arg_max(created_on, seen_from)
                   FILTER (created_on IS NOT NULL) AS created_on FROM spell GROUP BY ALL""")
    con.execute(f"CREATE OR REPLACE TABLE event AS {spells.statement('event')}",
                {"timezone": settings.organisation.timezone})
    for name in ("segment", "raw_point", "point", "pause"):
        con.execute(f"CREATE OR REPLACE TABLE {name} AS {spells.statement(name)}")
    _drop(con, "stage_change", "event", "raw_point")
    for name in STORIES:
        con.execute(f"CREATE OR REPLACE TABLE story_{name} AS {spells.statement(name)}")
        con.execute(f"CREATE OR REPLACE VIEW told_{name} AS {_with_text(con, name)}")
    _drop(con, "spell", "created", "segment", "point", "pause")


def _drop(con: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Gives back the memory of tables that are not needed any more."""
    for name in names:
        con.execute(f"DROP TABLE {name}")


def _number(con: duckdb.DuckDBPyConnection, source: str, events: str, where: str) -> None:
    """Tables `name` (opportunity_id, id), `said` (spells with a number) and `stage_change`, of some opportunities."""
    con.execute(f"""CREATE OR REPLACE TABLE name AS SELECT opportunity_id, row_number() OVER () AS id FROM (
                        SELECT opportunity_id FROM {source} WHERE {where}
                        UNION SELECT opportunity_id FROM {events} WHERE {where})""")
    con.execute(f"""CREATE OR REPLACE TABLE said AS
                    SELECT row_number() OVER () AS said_no, id, s.* EXCLUDE (opportunity_id)
                    FROM {source} s JOIN name USING (opportunity_id)""")
    con.execute(f"""CREATE OR REPLACE TABLE stage_change AS SELECT e.* REPLACE (id AS opportunity_id)
                    FROM {events} e JOIN name USING (opportunity_id)""")


def _with_text(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """The query that joins ids and dimensions to a story: the mart as it is stored."""
    own = {row[0] for row in con.execute(f"DESCRIBE story_{name}").fetchall()} - {"opportunity_id"}
    columns = (f"{'n' if c.name == 'opportunity_id' else 't' if c.name in own else 'd'}.{c.name}"
               f"::{duckdb_type(ARROW[c.type])} AS {c.name}" for c in MARTS[name].columns)
    return spells.statement("told").format(columns=", ".join(columns), story=f"story_{name}")


def _check_stages(con: duckdb.DuckDBPyConnection) -> None:
    lost = con.execute("""
        SELECT DISTINCT stage FROM (SELECT stage FROM said UNION ALL SELECT to_stage FROM stage_change
                                    UNION ALL SELECT from_stage FROM stage_change) WHERE stage IS NOT NULL
        AND stage NOT IN (SELECT stage FROM stage_list) ORDER BY 1""").fetchall()
    if lost:
        raise MvpodError("E_STAGE_LOST", found=[row[0] for row in lost])
