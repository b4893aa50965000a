"""What was known some weeks before each closing, put together once, when it is first asked for.

Whether predictions told the truth is asked of all closings there are; finding the state and the week of each anew
for every question would take most of a second in a large company.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from data.contracts import DIMENSIONS
from data.settings import Settings
from data.shelf import Cursor

_SQL = Path(__file__).parent.parent / "sql" / "closing_foresight.sql"


def make_foresight(con: Cursor | duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Makes table `closing_foresight` (columns: data/sql/closing_foresight.sql) from the marts in `con`.

    The days before the close are `judged_days_before` of the settings of the win rate.
    """
    promised = [(pipeline.key, stage.key, stage.probability) for pipeline in settings.pipelines
                for stage in pipeline.stages if stage.kind == "open" and stage.probability is not None]
    sql = _SQL.read_text(encoding="utf-8").replace("{dimensions}", ", ".join(DIMENSIONS))
    con.execute(f"CREATE OR REPLACE TABLE closing_foresight AS {sql}", {
        "days": settings.win_rate.judged_days_before,
        **{name: [row[i] for row in promised] for i, name in enumerate(("pipelines", "stages", "promised"))}})
