"""Working days: weekends, China's announced holidays and make-up workdays, and the organisation's own days."""

from __future__ import annotations

from datetime import date

from data.calendar import is_workday, workday_numbers
from data.settings import Calendar

CHINA = Calendar(base="china")


def between(first: date, second: date, calendar: Calendar) -> int:
    """Working days in (first, second], as the queries compute them."""
    numbers = dict(
        zip(*workday_numbers(date(2023, 1, 1), date(2036, 1, 1), calendar).to_pydict().values(), strict=True)
    )
    return numbers[second] - numbers[first]


def test_the_same_day_is_no_working_day_and_friday_to_monday_is_one() -> None:
    assert between(date(2026, 1, 9), date(2026, 1, 9), Calendar()) == 0
    assert between(date(2026, 1, 9), date(2026, 1, 12), Calendar()) == 1


def test_spring_festival_2024_as_announced_by_the_state_council() -> None:
    # off from 10 to 17 February; Sunday 4 and Sunday 18 February are worked
    assert between(date(2024, 2, 8), date(2024, 2, 19), CHINA) == 3  # 9, 18 and 19 February
    assert is_workday(date(2024, 2, 4), CHINA)
    assert is_workday(date(2024, 2, 18), CHINA)


def test_a_year_that_nobody_has_announced_knows_weekends_only() -> None:
    assert is_workday(date(2035, 10, 1), CHINA)
    assert not is_workday(date(2035, 10, 6), CHINA)  # a Saturday


def test_own_days_go_before_every_rule() -> None:
    calendar = Calendar(base="china", holidays=(date(2026, 3, 2),), workdays=(date(2026, 3, 7),))
    assert not is_workday(date(2026, 3, 2), calendar)
    assert is_workday(date(2026, 3, 7), calendar)
