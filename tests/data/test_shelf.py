"""Tables that are made when a query first names them."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from data.shelf import Cursor, Shelf, Steps


def test_a_table_is_made_by_the_first_query_that_names_it_and_only_then() -> None:
    con, made = duckdb.connect(), []

    def make(name: str) -> None:
        made.append(name)
        con.execute(f"CREATE TABLE {name} AS SELECT 1 AS a")

    shelf = Shelf({name: lambda name=name: make(name) for name in ("one", "two")})  # type: ignore[misc]
    assert made == []
    assert Cursor(con.cursor(), shelf, Steps()).sql("SELECT a FROM one").fetchall() == [(1,)]
    assert Cursor(con.cursor(), shelf, Steps()).execute("SELECT a FROM one WHERE a = ?", [1]).fetchall() == [(1,)]
    assert made == ["one"]
    shelf.provide_all()
    assert made == ["one", "two"]


def test_threads_that_need_a_table_at_once_wait_for_one_to_make_it() -> None:
    con, made, barrier = duckdb.connect(), [], threading.Barrier(4)

    def make() -> None:
        made.append(1)
        time.sleep(0.05)
        con.execute("CREATE TABLE one AS SELECT 7 AS a")

    shelf = Shelf({"one": make})

    def ask(_: int) -> int:
        barrier.wait()
        return int(Cursor(con.cursor(), shelf, Steps()).execute("SELECT a FROM one").fetchall()[0][0])

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [7] * 4
    assert made == [1]


def test_a_table_whose_making_failed_is_tried_again() -> None:
    con, tries = duckdb.connect(), []

    def make() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("the disk is away")
        con.execute("CREATE TABLE one AS SELECT 1 AS a")

    cursor = Cursor(con.cursor(), Shelf({"one": make}), Steps())
    with pytest.raises(OSError, match="disk is away"):
        cursor.execute("SELECT a FROM one")
    assert cursor.execute("SELECT a FROM one").fetchall() == [(1,)]
