"""Dates and instants: what says itself what it means is read, what a file proves is read, the rest is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.engine import connect
from data.errors import MvpodError
from data.mapping.dates import DateFormat, Moments, parse_moments, proven_order


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    return connect()


def read(con: duckdb.DuckDBPyConnection, texts: list[str | None], instant: bool = False, **form: object) -> Moments:
    return parse_moments(pa.array(texts, pa.string()), DateFormat(**form), con, need_instant=instant)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [
    "2026-01-05", "2026/1/5", "2026.01.05", "2026年1月5日", "20260105", "２０２６－０１－０５", "5-Jan-2026",
    "January 5, 2026", " 2026-01-05 ", "2026-01-05T00:00:00", "2026-01-05 00:00:00.000",
])
def test_dates_that_say_themselves_what_they_mean_are_read(text: str, con: duckdb.DuckDBPyConnection) -> None:
    found = read(con, [text])
    assert (found.day.to_pylist(), found.rule.to_pylist()) == ([date(2026, 1, 5)], [None])


def test_declared_formats_win_and_iso_is_always_read(con: duckdb.DuckDBPyConnection) -> None:
    found = read(con, ["05.01.2026", "05.01.2026 13:05", "2026-02-03", "01/05/2026"], declared=("%d.%m.%Y",))
    assert found.day.to_pylist() == [date(2026, 1, 5), date(2026, 1, 5), date(2026, 2, 3), None]
    assert found.rule.to_pylist() == [None, None, None, "date"]


@pytest.mark.parametrize(("texts", "order"), [
    pytest.param(["02/23/26", "01/02/26"], "mdy", id="23 is no month"),
    pytest.param(["23/02/2026", "01/02/2026"], "dmy", id="23 comes first"),
    pytest.param(["32/02/23 10:00", "26/12/31 10:00"], "ymd", id="32 can only be a year"),
    pytest.param(["2026-01-02", "soon", "99/99/2026"], None, id="no date of that kind at all"),
])
def test_the_whole_file_proves_the_order_of_day_and_month(texts: list[str], order: str | None,
                                                          con: duckdb.DuckDBPyConnection) -> None:
    assert proven_order([pa.array(texts)], con, "f", ["c"]) == order


def test_columns_of_one_file_prove_the_order_together(con: duckdb.DuckDBPyConnection) -> None:
    assert proven_order([pa.array(["01/02/2026"]), pa.array(["12/31/2026 08:55 PM"])], con, "f", ["a", "b"]) == "mdy"


def test_what_stays_ambiguous_is_refused(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(MvpodError) as caught:
        proven_order([pa.array(["01/02/2026", "12/11/2026"])], con, "f.csv", ["close"])
    assert caught.value.code == "E_DATE_AMBIGUOUS"


def test_two_digit_years_and_times_of_day_are_read_in_the_proven_order(con: duckdb.DuckDBPyConnection) -> None:
    found = read(con, ["02/23/26 08:55 PM", "2/3/2026 1:02"], instant=True, order="mdy")
    expected = [datetime(2026, 2, 23, 20, 55, tzinfo=UTC), datetime(2026, 2, 3, 1, 2, tzinfo=UTC)]
    assert found.instant.to_pylist() == expected
    assert found.is_date_only.to_pylist() == [False, False]


# The serial numbers are Microsoft's: 45292 is 2024-01-01 in the 1900 system, and 1462 days less in the 1904 system.
@pytest.mark.parametrize(("epoch", "serial"), [(1900, "45292"), (1904, "43830")])
def test_excel_serials_are_dates_in_workbooks_only(epoch: int, serial: str, con: duckdb.DuckDBPyConnection) -> None:
    assert read(con, [serial], excel_epoch=epoch).day.to_pylist() == [date(2024, 1, 1)]
    assert read(con, [serial]).rule.to_pylist() == ["date"]


def test_offsets_make_instants_and_business_dates_are_those_of_the_home_zone(con: duckdb.DuckDBPyConnection) -> None:
    texts = ["2026-01-05T20:00:00Z", "2026-01-05T20:00:00.000+0000", "2026-01-06 04:00:00+08:00", "2026-01-05T20:00:00"]
    found = read(con, texts, instant=True, zone="UTC", home="Asia/Shanghai")
    assert set(found.instant.to_pylist()) == {datetime(2026, 1, 5, 20, tzinfo=UTC)}
    assert set(found.day.to_pylist()) == {date(2026, 1, 6)}


def test_a_date_alone_is_that_day_at_home_whatever_the_source_zone(con: duckdb.DuckDBPyConnection) -> None:
    found = read(con, ["2026-01-05"], instant=True, zone="UTC", home="Asia/Shanghai")
    assert found.day.to_pylist() == [date(2026, 1, 5)]
    assert found.instant.to_pylist() == [datetime(2026, 1, 4, 16, tzinfo=UTC)]
    assert found.is_date_only.to_pylist() == [True]


def test_new_york_skips_an_hour_in_march_and_repeats_one_in_november(con: duckdb.DuckDBPyConnection) -> None:
    texts = ["2024-03-10 02:30", "2024-03-10 03:30", "2024-11-03 01:30", "2024-11-03 02:30"]
    found = read(con, texts, instant=True, zone="America/New_York", home="America/New_York")
    assert found.rule.to_pylist() == ["time_gap", None, "time_twice", None]


MOMENT = st.datetimes(datetime(1995, 1, 1), datetime(2035, 1, 1)).map(lambda m: m.replace(microsecond=0))


@settings(max_examples=50, deadline=None)
@given(moments=st.lists(MOMENT, min_size=1, max_size=20),
       zone=st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York", "Europe/Berlin"]))
def test_local_times_agree_with_pythons_zoneinfo(moments: list[datetime], zone: str) -> None:
    with connect() as con:
        found = read(con, [m.isoformat(sep=" ") for m in moments], instant=True, zone=zone, home=zone)
    for local, instant, rule in zip(moments, found.instant.to_pylist(), found.rule.to_pylist(), strict=True):
        if local.time() == datetime.min.time():
            continue  # a midnight without offset is still a time of day
        first, second = (local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
        exists = first.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local
        assert rule == (None if exists and first == second else "time_twice" if exists else "time_gap")
        if rule is None:
            assert instant == first


@settings(max_examples=50, deadline=None)
@given(days=st.lists(st.dates(date(1990, 1, 1), date(2036, 1, 1)), min_size=1, max_size=20),
       form=st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d %b %Y"]))
def test_every_calendar_day_comes_back(days: list[date], form: str) -> None:
    with connect() as con:
        found = read(con, [d.strftime(form) for d in days], last_day=date(2036, 1, 1))
    assert found.day.to_pylist() == days
