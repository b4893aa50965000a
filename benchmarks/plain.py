"""The same questions asked of the raw snapshots: in one DuckDB SQL each, and in pandas.

What somebody would write who has the weekly exports and no history kept: each question looks at all snapshots and
works out by itself who was where when. They answer the plain question (no intervals, no open-as-censored), so they
do less than the dashboard does for the same answer, and are compared in its disfavour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import duckdb
import pandas as pd

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

PANDAS_COLUMNS = ["opportunity_id", "pipeline", "segment", "stage", "status", "amount_base", "snapshot_date"]


def sql_question(cursor: duckdb.DuckDBPyConnection, files: Sequence[str], question: str, as_of: date,
                 start: date) -> int:
    """Ask one question of the snapshot files in SQL; gives the number of rows of the answer."""
    source = "read_parquet($files, hive_partitioning=true, hive_types={'snapshot_date': DATE})"
    sql = SQL[question]
    params = {"files": list(files), "as_of": as_of, "start": start}
    used = {name: value for name, value in params.items() if name == "files" or f"${name}" in sql}
    return len(cursor.execute(f"WITH snapshot AS (FROM {source}) SELECT * FROM ({sql})", used).fetchall())


def _entries(snapshot: pd.DataFrame, as_of: date) -> pd.DataFrame:
    until = snapshot[snapshot["snapshot_date"] <= pd.Timestamp(as_of)]
    keys = ["opportunity_id", "pipeline", "segment", "stage", "status"]
    entry = until.groupby(keys, observed=True)["snapshot_date"].agg(entered="min", seen="max").reset_index()
    entry = entry.sort_values(["opportunity_id", "entered"])
    later = entry.groupby("opportunity_id", observed=True)
    return entry.assign(later=later["stage"].shift(-1), left_on=later["entered"].shift(-1))


def _recent_open(snapshot: pd.DataFrame, as_of: date, start: date) -> pd.DataFrame:
    entry = _entries(snapshot, as_of)
    return entry[(entry["status"] == "open") & (entry["entered"] >= pd.Timestamp(start))]


def _pandas_conversion(snapshot: pd.DataFrame, as_of: date, start: date) -> int:
    rows = _recent_open(snapshot, as_of, start)
    rows = rows.assign(reached=rows["later"].notna() & ~rows["later"].isin(["lost", "no_decision"]))
    return len(rows.groupby(["pipeline", "segment", "stage"], observed=True)["reached"].agg(["size", "sum"]))


def _pandas_days(snapshot: pd.DataFrame, as_of: date, start: date) -> int:
    rows = _recent_open(snapshot, as_of, start)
    rows = rows.assign(days=(rows["left_on"] - rows["entered"]).dt.days)
    return len(rows.groupby(["pipeline", "segment", "stage"], observed=True)["days"].median())


def _pandas_flow(snapshot: pd.DataFrame, as_of: date, start: date) -> int:
    rows = _entries(snapshot, as_of)
    rows = rows[rows["entered"] >= pd.Timestamp(start)]
    return len(rows.groupby(["pipeline", "stage", "later"], observed=True, dropna=False).size())


def _pandas_win_rate(snapshot: pd.DataFrame, as_of: date, start: date) -> int:
    closed = snapshot[(snapshot["status"] != "open") & (snapshot["snapshot_date"] <= pd.Timestamp(as_of))]
    first = closed.groupby(["opportunity_id", "segment", "status"], observed=True)["snapshot_date"].min().reset_index()
    first = first[first["snapshot_date"] >= pd.Timestamp(start)]
    quarter = first["snapshot_date"].dt.to_period("Q").rename("quarter")
    return len(first.groupby(["segment", quarter], observed=True)["status"].value_counts())


def _pandas_open(snapshot: pd.DataFrame, as_of: date, start: date) -> int:
    last = snapshot.loc[snapshot["snapshot_date"] <= pd.Timestamp(as_of), "snapshot_date"].max()
    rows = snapshot[(snapshot["snapshot_date"] == last) & (snapshot["status"] == "open")]
    return len(rows.groupby(["pipeline", "stage"], observed=True)["amount_base"].agg(["size", "sum"]))


PANDAS: dict[str, Callable[[pd.DataFrame, date, date], int]] = dict(zip(
    SQL, (_pandas_conversion, _pandas_days, _pandas_flow, _pandas_win_rate, _pandas_open), strict=True))


def load_pandas(files: Sequence[str]) -> pd.DataFrame:
    """All snapshots as one frame, texts as categories (the kindest layout for pandas)."""
    with duckdb.connect() as con:
        columns = ", ".join(PANDAS_COLUMNS)
        table = con.sql(
            f"SELECT {columns} FROM read_parquet($files, hive_partitioning=true, hive_types={{'snapshot_date': DATE}})",
            params={"files": list(files)}).to_arrow_table()
    texts = [name for name in PANDAS_COLUMNS if name not in ("amount_base", "snapshot_date")]
    for name in texts:
        table = table.set_column(table.column_names.index(name), name, table[name].dictionary_encode())
    frame = table.to_pandas()
    frame["snapshot_date"] = pd.to_datetime(frame["snapshot_date"])
    frame["amount_base"] = frame["amount_base"].astype(float)
    return frame
