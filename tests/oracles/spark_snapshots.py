"""What Spark alone reads off the snapshots, without the project's SQL: counts that the marts must keep.

Only Spark's own readers and SQL are used here, and nothing of `data.marts`, so that the two agree for no other reason
than that both are right.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeAlias

from pyspark.sql import SparkSession

#: (stage, status, snapshot date) -> opportunities, their amount
Standing: TypeAlias = dict[tuple, tuple[int, Decimal | None]]


def standing(spark: SparkSession, snapshots: str) -> Standing:
    """Opportunities and amount by stage, status and snapshot date, counted in the snapshot files of a store."""
    _see(spark, snapshots)
    return _counted(spark.sql("""
        SELECT stage, status, snapshot_date, count(*) AS n, sum(amount_base) AS amount
        FROM snapshot GROUP BY stage, status, snapshot_date"""))


def standing_by_spells(spark: SparkSession, snapshots: str, spells: Sequence[str]) -> Standing:
    """The same by the mart `snapshot_spell`, unfolded again over the dates of the snapshots."""
    _see(spark, snapshots)
    spark.read.parquet(*spells).createOrReplaceTempView("spell")
    return _counted(spark.sql("""
        SELECT stage, status, snapshot_date, count(*) AS n, sum(amount_base) AS amount
        FROM spell JOIN (SELECT DISTINCT snapshot_date FROM snapshot)
             ON snapshot_date >= seen_from AND (seen_until IS NULL OR snapshot_date < seen_until)
        GROUP BY stage, status, snapshot_date"""))


def arrivals(spark: SparkSession, snapshots: str) -> dict[str, int]:
    """How often an opportunity came to a stage: snapshots that show another stage than the one before, by stage."""
    _see(spark, snapshots)
    return {row["stage"]: row["n"] for row in spark.sql("""
        SELECT stage, count(*) AS n FROM (
            SELECT stage, lag(stage) OVER (PARTITION BY opportunity_id ORDER BY snapshot_date) AS before FROM snapshot)
        WHERE before IS NULL OR before <> stage GROUP BY stage""").collect()}


def visits(spark: SparkSession, files: Sequence[str]) -> dict[str, int]:
    """Rows of the mart `stage_visit` by stage."""
    return {row["stage"]: row["count"] for row in spark.read.parquet(*files).groupBy("stage").count().collect()}


def _see(spark: SparkSession, snapshots: str) -> None:
    spark.read.parquet(snapshots).createOrReplaceTempView("snapshot")  # all files below the folder of the table


def _counted(rows: object) -> Standing:
    return {(r["stage"], r["status"], r["snapshot_date"]): (r["n"], r["amount"]) for r in rows.collect()}
