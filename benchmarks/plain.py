"""The same questions asked of the raw snapshots: in one DuckDB SQL each, in polars and in pandas.

What somebody would write who has the weekly exports and no history kept: each question looks at all snapshots and
works out by itself who was where when. They answer the plain question (no intervals, no open-as-censored), so they
do less than the dashboard does for the same answer, and are compared in its disfavour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.measuring import Took, free_mib, timed
from data.engine import connect
from data.storage.store import Store

_ENTRIES = """entry AS (
    SELECT opportunity_id, pipeline, segment, stage, status, min(snapshot_date) AS entered, max(snapshot_date) AS seen
    FROM snapshot WHERE snapshot_date <= $as_of GROUP BY ALL
)"""

#: question -> SQL over the table `snapshot`; $as_of, $start bound
SQL: dict[str, str] = {
    "conversion by stage and segment": f"""
        WITH {_ENTRIES},
        next AS (SELECT *, lead(stage) OVER (PARTITION BY opportunity_id ORDER BY entered) AS later FROM entry)
        SELECT pipeline, segment, stage, count(*) AS n,
            count(*) FILTER (later NOT IN ('lost', 'no_decision')) AS reached
        FROM next WHERE status = 'open' AND entered >= $start GROUP BY ALL""",
    "median days by stage and segment": f"""
        WITH {_ENTRIES},
        next AS (SELECT *, lead(entered) OVER (PARTITION BY opportunity_id ORDER BY entered) AS left_on FROM entry)
        SELECT pipeline, segment, stage, median(left_on - entered) AS days
        FROM next WHERE status = 'open' AND entered >= $start GROUP BY ALL""",
    "stage flow": f"""
        WITH {_ENTRIES},
        next AS (SELECT *, lead(stage) OVER (PARTITION BY opportunity_id ORDER BY entered) AS later FROM entry)
        SELECT pipeline, stage, later, count(*) AS n FROM next WHERE entered >= $start GROUP BY ALL""",
    "win rate by segment and quarter": """
        WITH closing AS (
            SELECT opportunity_id, segment, status, min(snapshot_date) AS closed
            FROM snapshot WHERE snapshot_date <= $as_of AND status <> 'open' GROUP BY ALL)
        SELECT segment, date_trunc('quarter', closed) AS quarter,
            count(*) FILTER (status = 'won') / count(*) FILTER (status IN ('won', 'lost')) AS rate
        FROM closing WHERE closed >= $start GROUP BY ALL""",
    "open pipeline by stage": """
        SELECT pipeline, stage, count(*) AS n, sum(amount_base) AS amount
        FROM snapshot WHERE status = 'open'
            AND snapshot_date = (SELECT max(snapshot_date) FROM snapshot WHERE snapshot_date <= $as_of)
        GROUP BY ALL""",
}

#: A question that takes longer than this is asked once, others three times.
_LONG_MS = 20_000
#: Of the free memory, what polars or pandas may take.
SHARE = 0.8


def asker(files: Sequence[str], as_of: date, start: date) -> Callable[[str], pd.DataFrame]:
    """What answers a question of `SQL` with DuckDB, as the dashboard uses it: two threads, 4 GB."""
    con = connect([Path(file).parents[1] for file in files[:1]])
    source = "read_parquet($files, hive_partitioning=true, hive_types={'snapshot_date': DATE})"
    params = {"files": list(files), "as_of": as_of, "start": start}

    def answer(question: str) -> pd.DataFrame:
        sql = SQL[question]
        used = {name: value for name, value in params.items() if name == "files" or f"${name}" in sql}
        return con.execute(f"WITH snapshot AS (FROM {source}) SELECT * FROM ({sql})", used).df()
    return answer


def times_of(path: Path, kind: str, as_of: date, start: date) -> dict[str, Any]:
    """Each question asked with "sql", "polars" or "pandas": `questions`, each with milliseconds (`ms` the median,
    `cpu_ms` the least); a `reason` instead where memory does not allow it.
    """
    store = Store.open(path)
    files, rows = store.files("opportunity"), store.rows("opportunity")
    if kind == "pandas":
        from benchmarks import plain_pandas

        needed, free = rows * plain_pandas.BYTES_PER_ROW / 2**30, free_mib() / 1024
        if needed > SHARE * free:
            return {"reason": f"not run: {rows:,} rows need about {needed:.0f} GiB, {free:.0f} are free"}
        ask = plain_pandas.asker(files, as_of, start)
    elif kind == "polars":
        from benchmarks import plain_polars

        ask = plain_polars.asker(files, as_of, start, rows)
    else:
        ask = asker(files, as_of, start)
    return {"questions": {question: _asked(ask, question) for question in SQL}}


def _asked(ask: Callable[[str], pd.DataFrame], question: str) -> dict[str, float]:
    runs: list[Took] = [timed(lambda: ask(question))]
    if runs[0].wall < _LONG_MS:
        runs += [timed(lambda: ask(question)) for _ in range(2)]
    walls = sorted(run.wall for run in runs)
    return {"ms": walls[len(walls) // 2], "cpu_ms": min(run.cpu for run in runs)}
