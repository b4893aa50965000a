"""Numbers as people read them: units of each language, real minus, half up, and never a zero for what is not known."""

from __future__ import annotations

import locale
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from analytics import format as show
from analytics.periods import parse, range_

NOT_KNOWN = [None, float("nan"), pd.NA, pd.NaT, float("inf"), np.nan]


@pytest.mark.parametrize("value", NOT_KNOWN, ids=repr)
def test_what_is_not_known_is_a_dash_never_zero(value):
    for text in (show.number(value), show.amount(value, "zh"), show.rate(value), show.points(value, "en"),
                 show.days(value, "en"), show.change(value, 5), show.change(5, value), show.interval(value, 1, "en")):
        assert text == "–"


@pytest.mark.parametrize(("value", "en", "zh"), [
    (0, "0", "0"), (950, "950", "950"), (1_234, "1.23K", "1,234"), (9_999, "10.0K", "9,999"),
    (10_000, "10.0K", "1.00万"),
    (123_456, "123K", "12.3万"), (999_949, "1.00M", "100万"),
    (1_234_567, "1.23M", "123万"), (10_005_534, "10.0M", "1,001万"),
    (99_994_000, "100M", "9,999万"), (99_996_000, "100M", "1.00亿"), (123_456_789, "123M", "1.23亿"),
    (999_600_000, "1.00B", "10.0亿"), (45_600_000_000, "45.6B", "456亿"), (-1_234_567, "−1.23M", "−123万")])
def test_amounts_use_the_units_of_the_language(value, en, zh):
    assert show.amount(value, "en") == en
    assert show.amount(value, "zh") == zh


def test_amounts_of_a_column_share_one_unit_and_precision():
    column = [1_200_000, 35_000, 800]
    scale = show.scale_of(column, "en")
    assert [show.amount(v, "en", scale=scale) for v in column] == ["1.20M", "0.04M", "0.00M"]
    assert show.scale_of([None, float("nan")], "en") == show.Scale(1, "", 0)


def test_amounts_name_their_currency_and_sign_when_asked():
    assert show.amount(Decimal("1250000.00"), "zh", currency="CNY") == "125万 CNY"
    assert show.amount(2_500, "en", signed=True) == "+2.50K"
    assert show.amount(0, "en", signed=True) == "0"
    assert show.amount(0, "zh", currency="CNY", scale=show.Scale(100_000_000, "亿", 2)) == "0 CNY"


@pytest.mark.parametrize(("value", "shown"), [
    (0.125, "12.5%"), (0.6315, "63.2%"), (0.00049, "0.0%"), (1, "100.0%"), (-0.0314, "−3.1%")])
def test_rates_round_half_up_as_people_do(value, shown):
    assert show.rate(value) == shown


def test_half_is_rounded_up_not_to_the_even_digit():
    assert [show.number(v) for v in (0.5, 1.5, 2.5)] == ["1", "2", "3"]
    assert show.number(2.675, digits=2) == "2.68", "the binary value is 2.67499…, the number that was written is not"


def test_the_minus_is_a_minus_and_nothing_has_no_sign():
    assert show.number(-1234.5, digits=1) == "\u22121,234.5"
    assert show.number(-0.04, digits=1) == "0.0"
    assert show.number(0, signed=True) == "0"
    assert show.number(-0.0) == "0"


def test_points_are_not_percent():
    assert show.points(0.05, "en") == "+5.0 pp"
    assert show.points(-0.005, "zh") == "−0.5 个百分点"


def test_change_needs_something_to_change_from():
    assert show.change(90, 100) == "−10.0%"
    assert show.change(5, 0) == "–"
    assert show.change(5, -3) == "–"


@pytest.mark.parametrize(("value", "en", "zh"), [
    (12.44, "12.4 days", "12.4 天"), (1, "1 day", "1 天"),
    (0, "0 days", "0 天"), (30.0, "30 days", "30 天"), (0.96, "1 day", "1 天")])
def test_days(value, en, zh):
    assert (show.days(value, "en"), show.days(value, "zh")) == (en, zh)


def test_hours_are_shown_where_all_durations_are_under_one_day():
    values = [0.25, 0.5, None]
    hours = show.use_hours(values)
    assert [show.days(v, "en", hours=hours) for v in values] == ["6 hours", "12 hours", "–"]
    assert not show.use_hours([0.25, 1.0])
    assert not show.use_hours([0, 0]), "all on the same day, no hour known"
    assert not show.use_hours([None])


def test_a_small_sample_is_said_in_words():
    assert show.sample(3, 5, "en") == "too few (n = 3)"
    assert show.sample(3, 5, "zh") == "样本太少（n = 3）"
    assert show.sample(5, 5, "en") == "n = 5"


def test_intervals_say_when_their_end_is_open():
    assert show.interval(0.108, 0.603, "en") == "10.8% to 60.3%"
    assert show.interval(13, None, "en", "days") == "at least 13 days"
    assert show.interval(13, 21, "zh", "days") == "13 天至 21 天"
    assert show.interval(-0.02, 0.03, "en", "points") == "−2.0 pp to +3.0 pp"


def test_dates_and_periods_in_both_languages():
    assert (show.day(date(2026, 9, 3), "en"), show.day(datetime(2026, 9, 3, 8), "zh")) == ("3 Sep 2026", "2026年9月3日")
    assert show.day(pd.Timestamp("2026-09-03"), "en") == "3 Sep 2026"
    assert show.day(pd.NaT, "en") == "–"
    names = {"2026Q3": ("Q3 2026", "2026年第3季度"), "2026-10": ("Oct 2026", "2026年10月"),
             "2026-W05": ("week 5 of 2026", "2026年第5周"), "2026": ("2026", "2026年")}
    for name, shown in names.items():
        assert (show.period(parse(name), "en"), show.period(parse(name), "zh")) == shown
    assert show.period(parse("FY2026", 4), "zh") == "2026财年"
    assert show.period(range_(date(2026, 1, 5), date(2026, 2, 1)), "en") == "5 Jan 2026 – 1 Feb 2026"


def test_the_locale_of_the_machine_changes_nothing():
    before = locale.setlocale(locale.LC_ALL)
    try:
        for name in ("de_DE.UTF-8", "C", "C.UTF-8"):
            try:
                locale.setlocale(locale.LC_ALL, name)
            except locale.Error:
                continue
            assert show.number(1234.5, digits=1) == "1,234.5"
            assert show.day(date(2026, 3, 1), "en") == "1 Mar 2026"
    finally:
        locale.setlocale(locale.LC_ALL, before)


def test_numbers_of_every_kind_are_understood():
    for value in (7, 7.0, Decimal(7), np.int64(7), np.float32(7), pd.Series([7], dtype="Int64")[0]):
        assert show.number(value) == "7"
        assert show.days(value, "en") == "7 days"
