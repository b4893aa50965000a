"""Intervals against Newcombe's and Agresti's printed tables, the t table, and simulation."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.statistics.estimate import Estimate, z_of
from analytics.statistics.intervals import (
    difference,
    effective_n,
    mean,
    mean_of_counts,
    t_of,
    trend_p,
    weighted_share,
    wilson,
    wilson_limits,
    with_wilson,
)


@pytest.mark.parametrize(("x", "n", "low", "high"), [(3, 10, 0.108, 0.603), (12, 40, 0.181, 0.454)])
def test_wilson_against_the_golden_values_of_domain_B7(x, n, low, high):
    found = wilson(x, n)
    assert (round(found.low, 3), round(found.high, 3)) == (low, high)


@pytest.mark.parametrize(("x", "n", "low", "high"), [
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)])
def test_wilson_against_newcombe_1998_table_I_method_3(x, n, low, high):
    found = wilson(x, n)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(("figures", "low", "high"), [
    ((56, 70, 48, 80), 0.0524, 0.3339), ((9, 10, 3, 10), 0.1705, 0.8090), ((6, 7, 2, 7), 0.0582, 0.8062),
    ((5, 56, 0, 29), -0.0381, 0.1926), ((0, 10, 0, 20), -0.1611, 0.2775), ((10, 10, 0, 10), 0.6075, 1.0000)])
def test_difference_against_newcombe_1998_table_II_method_10(figures, low, high):
    found = difference(*figures)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_trend_against_agresti_alcohol_and_malformation():
    """Categorical Data Analysis, table 5.3: scores 0, 0.5, 1.5, 4, 7; z² = 6.57, P = 0.010."""
    z, p = trend_p([48, 38, 5, 1, 1], [17114, 14502, 793, 127, 38], [0, 0.5, 1.5, 4.0, 7.0])
    assert round(z**2, 2) == 6.57
    assert round(p, 3) == 0.010


@pytest.mark.parametrize(("degrees", "t"), [
    (1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (10, 2.228), (30, 2.042), (60, 2.000), (120, 1.980)])
def test_t_quantile_against_the_printed_table(degrees, t):
    assert round(t_of(0.95, degrees), 3) == t


def test_t_quantile_has_no_step_where_the_method_changes():
    assert t_of(0.95, 61) == pytest.approx(1.999624, abs=1e-5)
    assert t_of(0.95, 60) > t_of(0.95, 61) > t_of(0.95, 62)


def test_nothing_is_known_of_no_cases():
    assert wilson(0, 0) == Estimate(None, None, None)
    assert difference(1, 2, 0, 0) == Estimate(None, None, None)
    assert mean(0, 0, 0) == Estimate(None, None, None)
    assert weighted_share(0, 0, 0, 0) == Estimate(None, None, None)


def test_whole_columns_get_the_same_limits_and_an_unknown_share_for_no_cases():
    table = with_wilson(pd.DataFrame({"won": [3, 0, 5], "n": [10, 0, 5]}), "won", "n")
    assert table["value"].fillna(-1).tolist() == [0.3, -1, 1.0]
    assert table[["low", "high"]].isna().all(axis=1).tolist() == [False, True, False]
    assert table.loc[0, "low"] == wilson(3, 10).low


@pytest.mark.parametrize(("x", "n"), [(-1, 5), (6, 5)])
def test_more_successes_than_cases_are_refused(x, n):
    with pytest.raises(ValueError, match="between 0 and n"):
        wilson_limits(x, n)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_that_is_not_a_share_is_refused(level):
    with pytest.raises(ValueError, match="between 0 and 1"):
        z_of(level)


@settings(deadline=None)
@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_stays_inside_and_is_never_a_point(figures):
    x, n = figures
    found = wilson(x, n)
    assert 0 <= found.low <= x / n <= found.high <= 1
    assert found.low < found.high
    mirrored = wilson(n - x, n)
    assert (mirrored.low, mirrored.high) == pytest.approx((1 - found.high, 1 - found.low))


@settings(deadline=None)
@given(st.integers(1, 200), st.integers(1, 200), st.data())
def test_difference_turned_round_is_its_negative(n, m, data):
    x, y = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    one, other = difference(x, n, y, m), difference(y, m, x, n)
    assert (one.value, one.low, one.high) == pytest.approx((-other.value, -other.high, -other.low))
    assert -1 <= one.low <= one.value <= one.high <= 1


def test_mean_of_four_numbers_by_hand():
    """2, 4, 6, 8: mean 5, s² = 20/3, t(3) = 3.1824, half = 3.1824 · √(20/12) = 4.1085."""
    found = mean(4, 20, 120)
    assert (found.value, round(found.low, 4), round(found.high, 4)) == (5.0, 0.8915, 9.1085)
    assert mean_of_counts([2, 4, 6, 8], [1, 1, 1, 1]).low == pytest.approx(found.low)


def test_one_value_has_a_mean_and_no_limits():
    assert mean(1, 7, 49) == Estimate(7.0, None, None)


def test_a_mean_duration_has_no_negative_limit():
    assert mean_of_counts([0, 100], [3, 1]).low == 0.0


def test_equal_amounts_weigh_like_counts():
    assert weighted_share(5 * 3, 5 * 7, 25 * 3, 25 * 7) == wilson(3, 10)


def test_one_large_deal_is_little_evidence():
    """One won deal of 1000 among ten lost of 1: 99 % by amount, but n is about one."""
    found = weighted_share(1000, 10, 1000**2, 10)
    assert found.value == pytest.approx(0.990, abs=5e-4)
    assert float(effective_n(1010, 1000**2 + 10)) == pytest.approx(1.02, abs=5e-3)
    assert found.low < 0.25


def test_amounts_come_as_decimals_from_the_store():
    columns = pd.Series([Decimal("1010.00")]), pd.Series([Decimal("1000010.00")])
    assert effective_n(*columns).round(2).tolist() == [1.02]


def test_weighted_interval_holds_its_level_where_the_linearised_one_does_not():
    """15 and 40 deals of very unequal size (log-sd 1.5), true share 0.3: 95 % intervals must hold about 95 %."""
    random = np.random.default_rng(20260930)
    for n in (15, 40):
        held, linearised = 0, 0
        for _ in range(600):
            amount, won = random.lognormal(0, 1.5, n), random.random(n) < 0.3
            yes, no = amount[won], amount[~won]
            found = weighted_share(yes.sum(), no.sum(), (yes**2).sum(), (no**2).sum())
            held += found.low <= 0.3 <= found.high
            share = found.value
            error = np.sqrt(((amount * (won - share))**2).sum() / amount.sum()**2 * n / (n - 1))
            linearised += share - 1.96 * error <= 0.3 <= share + 1.96 * error
        assert held / 600 > 0.92
        assert linearised / 600 < 0.90, "the alternative that the docstring rejects"


def test_no_trend_can_be_tested_in_two_periods_or_where_all_went_the_same_way():
    assert trend_p([1, 2], [5, 5]) is None
    assert trend_p([5, 5, 5], [5, 5, 5]) is None
    assert trend_p([1, 0, 2], [5, 0, 5]) is None


def test_trend_has_the_sign_of_the_movement():
    rising = trend_p([5, 10, 20], [40, 40, 40])
    falling = trend_p([20, 10, 5], [40, 40, 40])
    assert rising[0] == pytest.approx(-falling[0])
    assert rising[0] > 0
    assert rising[1] == pytest.approx(falling[1])


def test_an_estimate_excludes_only_what_lies_outside_both_known_limits():
    assert Estimate(0.3, 0.2, 0.4).excludes(0.5)
    assert Estimate(0.3, 0.2, 0.4).excludes(0.1)
    assert not Estimate(0.3, 0.2, 0.4).excludes(0.4)
    assert not Estimate(30, 20, None).excludes(50), "an open end excludes nothing above"
    assert Estimate(30, 20, None).excludes(10)


def test_intervals_that_touch_are_not_apart():
    assert Estimate(1, 0, 2).is_apart_from(Estimate(4, 3, 5))
    assert Estimate(4, 3, None).is_apart_from(Estimate(1, 0, 2))
    assert not Estimate(1, 0, 3).is_apart_from(Estimate(4, 3, 5))
    assert not Estimate(1, 0, None).is_apart_from(Estimate(4, 3, 5))
