"""The questions of `benchmarks.plain` in pandas: all snapshots as one frame, texts as categories.

That is the kindest layout for pandas; loading it is not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import duckdb
import pandas as pd

COLUMNS = ("opportunity_id", "pipeline", "segment", "stage", "status", "amount_base", "snapshot_date")
#: Memory that the questions take at their peak, per snapshot row: measured 264 at 1.5 million rows.
BYTES_PER_ROW = 300


def asker(files: Sequence[str], as_of: date, start: date) -> Callable[[str], pd.DataFrame]:
    """What answers a question of `plain.SQL`, once the frame is loaded."""
    snapshot = _load(files)
    return lambda question: _ANSWERS[question](snapshot, pd.Timestamp(as_of), pd.Timestamp(start))


def _load(files: Sequence[str]) -> pd.DataFrame:
    with duckdb.connect() as con:
        table = con.sql(
            f"SELECT {', '.join(COLUMNS)} FROM read_parquet($files, hive_partitioning=true, "
            "hive_types={'snapshot_date': DATE})", params={"files": list(files)}).to_arrow_table()
    for name in COLUMNS:
        if name not in ("amount_base", "snapshot_date"):
            table = table.set_column(table.column_names.index(name), name, table[name].dictionary_encode())
    frame = table.to_pandas()
    frame["snapshot_date"] = pd.to_datetime(frame["snapshot_date"])
    frame["amount_base"] = frame["amount_base"].astype(float)
    return frame


def _entries(snapshot: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    until = snapshot[snapshot["snapshot_date"] <= as_of]
    keys = ["opportunity_id", "pipeline", "segment", "stage", "status"]
    entry = until.groupby(keys, observed=True, dropna=False)["snapshot_date"].min().rename("entered").reset_index()
    entry = entry.sort_values(["opportunity_id", "entered"])
    later = entry.groupby("opportunity_id", observed=True)
    return entry.assign(later=later["stage"].shift(-1), left_on=later["entered"].shift(-1))


def _recent_open(snapshot: pd.DataFrame, as_of: pd.Timestamp, start: pd.Timestamp) -> pd.DataFrame:
    entry = _entries(snapshot, as_of)
    return entry[(entry["status"] == "open") & (entry["entered"] >= start)]


def _conversion(snapshot: pd.DataFrame, as_of: pd.Timestamp, start: pd.Timestamp) -> pd.DataFrame:
    rows = _recent_open(snapshot, as_of, start)
    rows = rows.assign(reached=rows["later"].notna() & ~rows["later"].isin(["lost", "no_decision"]))
    groups = rows.groupby(["pipeline", "segment", "stage"], observed=True, dropna=False)["reached"]
    return groups.agg(n="size", reached="sum").reset_index()


def _days(snapshot: pd.DataFrame, as_of: pd.Timestamp, start: pd.Timestamp) -> pd.DataFrame:
    rows = _recent_open(snapshot, as_of, start)
    rows = rows.assign(days=(rows["left_on"] - rows["entered"]).dt.days)
    return rows.groupby(["pipeline", "segment", "stage"], observed=True, dropna=False)["days"].median().reset_index()


def _flow(snapshot: pd.DataFrame, as_of: pd.Timestamp, start: pd.Timestamp) -> pd.DataFrame:
    rows = _entries(snapshot, as_of)
    rows = rows[rows["entered"] >= start]
    return rows.groupby(["pipeline", "stage", "later"], observed=True, dropna=False).size().rename("n").reset_index()


def _win_rate(snapshot: pd.DataFrame, as_of: pd.Timestamp, start: pd.Timestamp) -> pd.DataFrame:
    closed = snapshot[(snapshot["status"] != "open") & (snapshot["snapshot_date"] <= as_of)]
    keys = ["opportunity_id", "segment", "status"]
    first = closed.groupby(keys, observed=True, dropna=False)["snapshot_date"].min().rename("closed").reset_index()
    first = first[first["closed"] >= start]
    quarter = first["closed"].dt.to_period("Q").dt.start_time.rename("quarter")
    won, decided = first["status"] == "won", first["status"].isin(["won", "lost"])
    sums = first.assign(won=won, decided=decided).groupby(["segment", quarter], observed=True, dropna=False)
    return (sums["won"].sum() / sums["decided"].sum()).rename("rate").reset_index()


def _open(snapshot: pd.DataFrame, as_of: pd.Timestamp, start: pd.Timestamp) -> pd.DataFrame:
    last = snapshot.loc[snapshot["snapshot_date"] <= as_of, "snapshot_date"].max()
    rows = snapshot[(snapshot["snapshot_date"] == last) & (snapshot["status"] == "open")]
    groups = rows.groupby(["pipeline", "stage"], observed=True, dropna=False)["amount_base"]
    return groups.agg(n="size", amount="sum").reset_index()


_ANSWERS: dict[str, Callable[[pd.DataFrame, pd.Timestamp, pd.Timestamp], pd.DataFrame]] = {
    "conversion by stage and segment": _conversion,
    "median days by stage and segment": _days,
    "stage flow": _flow,
    "win rate by segment and quarter": _win_rate,
    "open pipeline by stage": _open,
}
