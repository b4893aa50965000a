"""One row per key: exact repetitions are counted and dropped, contradictions go where the profile says."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from data.contracts import TABLES
from data.mapping.mapping import FILE, REJECTS, ROW
from data.notes import EXAMPLES


@dataclass(frozen=True)
class Settled:
    """`table` with unique keys; `deduplicated` rows dropped; `rejects` are the contradicting rows (quarantine).
    `repeats` and `overruled` part the dropped rows: those that say what the kept one says, and those that do not."""

    table: pa.Table
    deduplicated: int
    rejects: pa.Table
    repeats: Dropped
    overruled: Dropped


@dataclass(frozen=True)
class Dropped:
    """How many rows were dropped, and the first of them: file:row and key."""

    count: int = 0
    examples: tuple[str, ...] = ()


def key_of(target: str) -> tuple[str, ...]:
    """The key columns of a target, `snapshot_date` included for state tables."""
    contract = TABLES[target]
    return (*contract.key, "snapshot_date") if contract.kind == "state" else contract.key


def settle(table: pa.Table, target: str, policy: str, con: duckdb.DuckDBPyConnection) -> Settled:
    """Applies `policy` (error: quarantine all rows of a contradicting key; first, last: keep that one, in file order).

    Of a stage event only what it says counts: the rest of its source row (`extra`) may differ.
    """
    key = key_of(target)
    rows = _repeated(table, target, key, con)
    if rows.empty:
        return Settled(table, 0, REJECTS.empty_table(), Dropped(), Dropped())
    drop, refused = np.zeros(table.num_rows, bool), []
    repeats: list[int] = []
    overruled: list[int] = []
    for _, group in rows.groupby("k", sort=False):
        positions, content = group["i"].to_numpy(), group["content"].to_numpy()
        if policy == "error" and len(set(content)) > 1:
            refused.extend(positions)
            drop[positions] = True
            continue
        kept = -1 if policy == "last" else 0
        is_same = content == content[kept]
        out = positions != positions[kept]
        drop[positions[out]] = True
        repeats.extend(positions[out & is_same])
        overruled.extend(positions[out & ~is_same])
    rejects = _rejects(table, target, key, refused)
    return Settled(table.filter(pa.array(~drop)), len(repeats) + len(overruled), rejects,
                   _dropped(table, key, repeats), _dropped(table, key, overruled))


def _dropped(table: pa.Table, key: tuple[str, ...], positions: list[int]) -> Dropped:
    rows = table.take(pa.array(sorted(positions)[:EXAMPLES], pa.int64()))
    places = zip(rows.column(FILE).to_pylist(), rows.column(ROW).to_pylist(), _keys(rows, key), strict=True)
    return Dropped(len(positions), tuple(f"{file}:{row} {said}" for file, row, said in places))


def _keys(rows: pa.Table, key: tuple[str, ...]) -> list[str]:
    """The keys of rows, in words."""
    return [" | ".join(str(v) for v in values if v is not None)
            for values in zip(*(rows.column(k).to_pylist() for k in key if k != "snapshot_date"), strict=True)]


def _repeated(table: pa.Table, target: str, key: tuple[str, ...], con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Position, key number and content hash of every row whose key is not its own, in file order."""
    ignored = {ROW, FILE, "file_order", *(("extra",) if target == "stage_change" else ())}
    # what one file does not tell of an event contradicts nothing that another tells
    silent = ("from_stage", "changed_by") if target == "stage_change" else ()
    content = ", ".join(f'coalesce(t."{c}", max(t."{c}") OVER (PARTITION BY d.k))' if c in silent else f't."{c}"'
                        for c in table.column_names if c not in ignored)
    keys = ", ".join(key)
    same = " AND ".join(f"t.{k} IS NOT DISTINCT FROM d.{k}" for k in key)
    con.register("t0", table.append_column("i", pa.array(np.arange(table.num_rows, dtype=np.int64))))
    try:
        return con.sql(f"""
            WITH d AS (SELECT {keys}, min(i) AS k FROM t0 GROUP BY {keys} HAVING count(*) > 1)
            SELECT t.i, d.k, hash(ROW({content})) AS content
            FROM t0 t JOIN d ON {same} ORDER BY t.i""").df()
    finally:
        con.unregister("t0")


def _rejects(table: pa.Table, target: str, key: tuple[str, ...], positions: list[int]) -> pa.Table:
    if not positions:
        return REJECTS.empty_table()
    rows = table.take(pa.array(sorted(positions)))
    size = rows.num_rows
    return pa.table([pa.array([target] * size), rows.column(FILE).cast(pa.string()), rows.column(ROW),
                     pa.array([key[0]] * size), pa.array(["duplicate"] * size), pa.array(_keys(rows, key))],
                    schema=REJECTS)
