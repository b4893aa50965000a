"""Steps that questions share: asked once, kept while there is room, never anybody else's rows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import duckdb
import pytest

from data.queries import asking
from data.queries.asking import Slice
from data.scope import Filters, Scope
from data.shelf import Cursor, Shelf, Steps

DAY = date(2026, 9, 30)


class Counting:
    """Steps over one connection, and what was made and dropped."""

    def __init__(self, most_rows: int, most: int = 80) -> None:
        self.con = duckdb.connect()
        self.steps = Steps(most_rows, most)

    def cursor(self) -> Cursor:
        return Cursor(self.con.cursor(), Shelf({}), self.steps)

    def tables(self) -> int:
        return self.con.execute("SELECT count(*) FROM duckdb_tables()").fetchall()[0][0]


@pytest.fixture
def few() -> Counting:
    return Counting(most_rows=10)


def test_the_same_text_with_the_same_values_is_asked_once(few: Counting) -> None:
    sql = "SELECT $n AS n"
    with few.cursor().held(sql, {"n": 1}) as first, few.cursor().held(sql, {"n": 1}) as second:
        assert first == second
        assert few.con.execute(f"SELECT n FROM {first}").fetchall() == [(1,)]


def test_other_values_are_another_step(few: Counting) -> None:
    sql = "SELECT $n AS n"
    with few.cursor().held(sql, {"n": 1}) as first, few.cursor().held(sql, {"n": 2}) as second:
        assert few.con.execute(f"SELECT n FROM {second}").fetchall() == [(2,)]
        assert first != second


def test_what_was_used_longest_ago_makes_room(few: Counting) -> None:
    for n in range(1, 8):
        with few.cursor().held("SELECT unnest(range(4)) AS n, $n AS m", {"n": n}):
            pass
    assert few.tables() == 2  # of four rows each


def test_small_ones_are_bounded_by_their_number() -> None:
    three = Counting(most_rows=1_000, most=3)
    with three.cursor().held("SELECT 0 AS m", {}) as read:
        for n in range(1, 8):
            with three.cursor().held("SELECT $n AS m", {"n": n}):
                pass
        assert three.con.execute(f"SELECT m FROM {read}").fetchall() == [(0,)]  # the oldest, but being read
    assert three.tables() == 3


def test_what_is_being_read_is_never_dropped(few: Counting) -> None:
    with few.cursor().held("SELECT unnest(range(9)) AS n", {}) as read:
        for n in range(5):
            with few.cursor().held("SELECT unnest(range(9)) AS n, $n AS m", {"n": n}):
                pass
        assert few.con.execute(f"SELECT count(*) FROM {read}").fetchall() == [(9,)]


def test_a_step_that_fails_is_asked_again(few: Counting) -> None:
    for _ in range(2):
        with pytest.raises(duckdb.Error), few.cursor().held("SELECT error('no')", {}):
            pass
    assert few.tables() == 0


def test_many_at_once_make_it_once() -> None:
    many = Counting(most_rows=100)

    def ask(_: int) -> str:
        with many.cursor().held("SELECT sum(i) AS n FROM range(2000000) t(i)", {}) as name:
            return name

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(16)))) == 1
    assert many.tables() == 1


SHARED = sorted(file.stem for file in (asking._SQL).glob("shared_*.sql"))


def test_every_shared_step_is_read_under_scope_and_filters() -> None:
    readers = [file for file in asking._SQL.glob("*.sql") if "{shared_" in file.read_text(encoding="utf-8")]
    assert SHARED
    for file in readers:
        for line in file.read_text(encoding="utf-8").splitlines():
            by_key = "shared_conditions" in line or "shared_apart" in line
            if "{shared_" in line and not by_key:
                asked = "{filters}" if "shared_closings_each" in line else "{where}"  # sums have the segment alone
                assert asked in line, f"{file.name}: {line}"


@pytest.mark.parametrize("name", SHARED)
def test_a_shared_step_knows_no_filter_and_keeps_the_scope(name: str) -> None:
    sql = asking.sql_of(name, Slice(DAY, scope=Scope.of(team=["East"]), filters=Filters()))
    assert "$scope_team" in sql
    assert "$filter_" not in sql
