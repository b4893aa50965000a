"""The questions of `benchmarks.plain` in polars: a lazy scan over the Parquet files of all snapshots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import pandas as pd
import polars as pl

#: From so many rows on the streaming engine, which needs not have them all in memory.
STREAMING_ROWS = 20_000_000
_CLOSED = ["lost", "no_decision"]


def asker(files: Sequence[str], as_of: date, start: date, rows: int = 0) -> Callable[[str], pd.DataFrame]:
    """What answers a question of `plain.SQL`; `rows` in the files decide the engine."""
    scan = pl.scan_parquet(list(files), hive_partitioning=True, hive_schema={"snapshot_date": pl.Date})
    until = scan.filter(pl.col("snapshot_date") <= as_of)
    engine = "streaming" if rows >= STREAMING_ROWS else "auto"

    def answer(question: str) -> pd.DataFrame:
        found = _ANSWERS[question](until, start).collect(engine=engine)  # type: ignore[call-overload]
        return pd.DataFrame(found.to_dict(as_series=False))
    return answer


def _entries(until: pl.LazyFrame) -> pl.LazyFrame:
    entry = until.group_by("opportunity_id", "pipeline", "segment", "stage", "status").agg(
        entered=pl.col("snapshot_date").min())
    following = pl.col("stage", "entered").shift(-1).over("opportunity_id", order_by="entered")
    return entry.with_columns(following.name.map(lambda name: {"stage": "later", "entered": "left_on"}[name]))


def _recent_open(until: pl.LazyFrame, start: date) -> pl.LazyFrame:
    return _entries(until).filter(pl.col("status") == "open", pl.col("entered") >= start)


def _conversion(until: pl.LazyFrame, start: date) -> pl.LazyFrame:
    return _recent_open(until, start).group_by("pipeline", "segment", "stage").agg(
        n=pl.len(), reached=pl.col("later").is_in(_CLOSED).not_().sum())


def _days(until: pl.LazyFrame, start: date) -> pl.LazyFrame:
    days = (pl.col("left_on") - pl.col("entered")).dt.total_days()
    return _recent_open(until, start).group_by("pipeline", "segment", "stage").agg(days=days.median())


def _flow(until: pl.LazyFrame, start: date) -> pl.LazyFrame:
    return _entries(until).filter(pl.col("entered") >= start).group_by("pipeline", "stage", "later").agg(n=pl.len())


def _win_rate(until: pl.LazyFrame, start: date) -> pl.LazyFrame:
    first = until.filter(pl.col("status") != "open").group_by("opportunity_id", "segment", "status").agg(
        closed=pl.col("snapshot_date").min())
    won, decided = pl.col("status") == "won", pl.col("status").is_in(["won", "lost"])
    return first.filter(pl.col("closed") >= start).group_by(
        "segment", quarter=pl.col("closed").dt.truncate("1q")).agg(rate=won.sum() / decided.sum())


def _open(until: pl.LazyFrame, start: date) -> pl.LazyFrame:
    last = until.select(pl.col("snapshot_date").max())
    rows = until.filter(pl.col("status") == "open").join(last, on="snapshot_date", how="semi")
    return rows.group_by("pipeline", "stage").agg(n=pl.len(), amount=pl.col("amount_base").cast(pl.Float64).sum())


_ANSWERS: dict[str, Callable[[pl.LazyFrame, date], pl.LazyFrame]] = {
    "conversion by stage and segment": _conversion,
    "median days by stage and segment": _days,
    "stage flow": _flow,
    "win rate by segment and quarter": _win_rate,
    "open pipeline by stage": _open,
}
