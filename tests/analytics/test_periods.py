"""Periods by name: fiscal years, comparison, months of unequal length, ISO weeks, what is still running."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.periods import (
    add_months,
    between,
    compared,
    full_months,
    last,
    parse,
    period_of,
    previous,
    range_,
    whole_months,
    year_before,
)
from data.errors import MvpodError

days = st.dates(date(1990, 1, 1), date(2090, 12, 31))
units = st.sampled_from(["year", "quarter", "month", "week"])
starts = st.integers(1, 12)


@pytest.mark.parametrize(("name", "start", "end"), [
    ("2026Q3", "2026-07-01", "2026-09-30"), ("2026q1", "2026-01-01", "2026-03-31"),
    (" 2026-Q4 ", "2026-10-01", "2026-12-31"),
    ("2024-02", "2024-02-01", "2024-02-29"), ("2026-W39", "2026-09-21", "2026-09-27"),
    ("2026", "2026-01-01", "2026-12-31"),
    ("2026-01-05..2026-02-01", "2026-01-05", "2026-02-01")])
def test_a_name_means_these_days(name, start, end):
    period = parse(name)
    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)


@pytest.mark.parametrize(("name", "start", "end"), [
    ("2026Q1", "2025-04-01", "2025-06-30"), ("2026Q4", "2026-01-01", "2026-03-31"),
    ("FY2026", "2025-04-01", "2026-03-31")])
def test_a_fiscal_year_from_april_is_named_after_the_year_in_which_it_ends(name, start, end):
    period = parse(name, fiscal_year_start=4)
    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)


def test_iso_weeks_belong_to_the_year_of_their_thursday():
    """ISO 8601: 2026-12-31 lies in week 53 of 2026, 2027-01-03 too, and 2024-12-30 in week 1 of 2025."""
    assert period_of(date(2027, 1, 3), "week").name == "2026-W53"
    assert period_of(date(2024, 12, 30), "week").name == "2025-W01"


@pytest.mark.parametrize("name", [
    "", "Q3", "2026Q5", "2026-13", "2025-W53", "2026-02-30..2026-03-01", "last year", "26Q3"])
def test_what_is_no_period_is_refused_with_the_forms_that_are(name):
    with pytest.raises(MvpodError, match="2026Q3") as refused:
        parse(name)
    assert refused.value.code == "E_PERIOD"
    assert "2026Q3" in refused.value.text("zh")


def test_a_range_that_ends_before_it_starts_is_refused():
    with pytest.raises(MvpodError) as refused:
        parse("2026-03-01..2026-02-01")
    assert refused.value.code == "E_PERIOD_ORDER"


@settings(deadline=None)
@given(days, units, starts)
def test_every_day_lies_in_exactly_one_period_whose_name_can_be_read_back(day, unit, start):
    period = period_of(day, unit, start)
    assert period.contains(day)
    assert parse(period.name, start) == period
    after = period_of(period.end + timedelta(1), unit, start)
    assert after.start == period.end + timedelta(1)
    assert previous(after, start) == period


@settings(deadline=None)
@given(days, st.integers(0, 800))
def test_the_previous_range_ends_the_day_before_and_can_be_read_back(start, length):
    period = range_(start, start + timedelta(length))
    before = previous(period)
    assert before.end == start - timedelta(1)
    assert parse(before.name) == before
    if not whole_months(period):
        assert before.days == period.days


@pytest.mark.parametrize(("name", "before"), [
    ("2026Q1", "2025Q4"), ("2026-01", "2025-12"), ("2026-W01", "2025-W52"), ("2026", "2025"),
    ("2026-01-08..2026-01-14", "2026-01-01..2026-01-07"), ("2025-10-01..2026-09-30", "2024-10-01..2025-09-30"),
    ("2026-03-01..2026-03-31", "2026-02-01..2026-02-28")])
def test_the_period_before(name, before):
    assert previous(parse(name)).name == before


@pytest.mark.parametrize(("name", "before"), [
    ("2026Q3", "2025Q3"), ("2024-02", "2023-02"), ("2026-W53", "2025-W52"), ("2026", "2025"),
    ("2024-02-01..2024-02-29", "2023-02-01..2023-02-28"), ("2023-02-01..2023-02-28", "2022-02-01..2022-02-28"),
    ("2025-02-01..2025-02-28", "2024-02-01..2024-02-29"), ("2024-02-29..2024-03-05", "2023-02-28..2023-03-05")])
def test_the_same_period_a_year_before(name, before):
    assert year_before(parse(name)).name == before


def test_fiscal_quarters_are_compared_with_fiscal_quarters():
    assert previous(parse("2026Q1", 4), 4).name == "2025Q4"
    assert year_before(parse("2026Q1", 4), 4).start == date(2024, 4, 1)


def test_a_running_quarter_is_compared_with_as_many_days():
    """Ten days of July against ten days of April, not against all of April to June."""
    assert compared(parse("2026Q3"), "previous", date(2026, 7, 10)).name == "2026-04-01..2026-04-10"
    assert compared(parse("2026Q3"), "last_year", date(2026, 7, 10)).name == "2025-07-01..2025-07-10"


def test_a_complete_quarter_is_compared_whole():
    assert compared(parse("2026Q3"), "previous", date(2026, 9, 30)).name == "2026Q2"
    assert compared(parse("2026Q3"), "none", date(2026, 9, 30)) is None


def test_a_longer_running_period_never_runs_out_of_the_other_one():
    """31 days of March so far, February has only 28."""
    assert compared(parse("2026-03"), "previous", date(2026, 3, 30)).name == "2026-02-01..2026-02-28"


def test_the_last_eight_quarters_oldest_first():
    names = [p.name for p in last(8, "quarter", date(2026, 9, 30))]
    assert names == ["2024Q4", "2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2", "2026Q3"]
    assert [p.name for p in last(1, "quarter", date(2026, 9, 29), complete=True)] == ["2026Q2"]
    assert last(0, "quarter", date(2026, 9, 30)) == []


def test_periods_between_two_dates_touch_them_all():
    assert [p.name for p in between(date(2025, 12, 31), date(2026, 2, 1), "month")] == ["2025-12", "2026-01", "2026-02"]


@pytest.mark.parametrize(("as_of", "name"), [
    (date(2026, 9, 30), "2025-10-01..2026-09-30"), (date(2026, 9, 29), "2025-09-01..2026-08-31"),
    (date(2024, 2, 29), "2023-03-01..2024-02-29"), (date(2024, 2, 28), "2023-02-01..2024-01-31")])
def test_a_month_counts_as_full_on_its_last_day(as_of, name):
    assert full_months(12, as_of).name == name


@pytest.mark.parametrize(("day", "months", "expected"), [
    (date(2026, 1, 31), 1, date(2026, 2, 28)), (date(2024, 1, 31), 1, date(2024, 2, 29)),
    (date(2026, 3, 31), -1, date(2026, 2, 28)), (date(2026, 12, 31), 2, date(2027, 2, 28)),
    (date(2026, 1, 1), -13, date(2024, 12, 1))])
def test_months_later_is_never_a_day_that_does_not_exist(day, months, expected):
    assert add_months(day, months) == expected
