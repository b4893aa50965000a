"""Mix and rate: exact, additive, symmetric; Simpson's case is shown as such."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.decomposition import ADDED, chain, none, split
from tests.oracles import fluctuation as oracle


def deals(**segments: tuple[int, int, int, int]) -> pd.DataFrame:
    """Per segment: won and closed before, won and closed now."""
    return pd.DataFrame([(name, *row) for name, row in segments.items()],
                        columns=["segment", "x_before", "n_before", "x", "n"])


def total(frame: pd.DataFrame) -> pd.Series:
    """The last row, which is the whole."""
    assert bool(frame["is_total"].iloc[-1])
    return frame.iloc[-1]


CELLS = st.tuples(st.integers(0, 500), st.integers(0, 500)).map(lambda pair: (min(pair), max(pair)))
FULL = st.tuples(st.integers(0, 50), st.integers(50, 90))
TABLES = st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8)


@settings(max_examples=200, deadline=None)
@given(TABLES)
def test_mix_and_rate_add_up_to_the_change_of_any_table(table: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    frame = split(deals(**{f"s{i}": (*before, *now) for i, (before, now) in enumerate(table)}), "segment")
    whole = total(frame)
    if min(whole["n_before"], whole["n"]) == 0:
        assert whole["reason"] == "nothing_closed"
        assert pd.isna(whole["change"])
        return
    parts = frame[~frame["is_total"]]
    assert whole["change"] == pytest.approx(whole["x"] / whole["n"] - whole["x_before"] / whole["n_before"], abs=1e-12)
    assert whole["mix"] + whole["rate_effect"] == pytest.approx(whole["change"], abs=1e-12)
    assert parts["contribution"].sum() == pytest.approx(whole["change"], abs=1e-12)
    assert whole["mix_low"] <= whole["mix"] <= whole["mix_high"]


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_looking_back_gives_the_same_with_the_other_sign(table: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    there = total(split(deals(**{f"s{i}": (*a, *b) for i, (a, b) in enumerate(table)}), "segment"))
    back = total(split(deals(**{f"s{i}": (*b, *a) for i, (a, b) in enumerate(table)}), "segment"))
    if there["reason"] == "":
        assert back["mix"] == pytest.approx(-there["mix"], abs=1e-12)
        assert back["rate_effect"] == pytest.approx(-there["rate_effect"], abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(FULL, FULL), min_size=1, max_size=6))
def test_both_effects_agree_with_kitagawas_formula_in_a_plain_loop(
    table: list[tuple[tuple[int, int], tuple[int, int]]],
) -> None:
    whole = total(split(deals(**{f"s{i}": (*a, *b) for i, (a, b) in enumerate(table)}), "segment"))
    mix, rate = oracle.mix_and_rate([a for a, _ in table], [b for _, b in table])
    assert (whole["mix"], whole["rate_effect"]) == (pytest.approx(mix, abs=1e-12), pytest.approx(rate, abs=1e-12))


def test_simpsons_case_is_told() -> None:
    """Both segments win more often, the whole less often, because many more of the hard one were closed."""
    frame = split(deals(KA=(20, 100, 84, 400), SMB=(300, 600, 156, 300)), "segment")
    whole = total(frame)
    assert (frame["change"].iloc[:2] > 0).all()
    assert whole["change"] == pytest.approx(-0.1143, abs=5e-5)
    assert whole["mix"] < whole["change"] < 0 < whole["rate_effect"]
    assert bool(whole["is_simpson"])
    assert bool(whole["is_mix_real"])
    assert not bool(whole["is_rate_real"])


def test_it_is_no_simpson_case_when_one_segment_goes_with_the_whole() -> None:
    assert not bool(total(split(deals(KA=(20, 100, 60, 400), SMB=(300, 600, 156, 300)), "segment"))["is_simpson"])


def test_a_handful_of_unknown_segment_does_not_hide_simpsons_case_but_a_tenth_does() -> None:
    clear = {"KA": (20, 100, 84, 400), "SMB": (300, 600, 156, 300)}
    assert bool(total(split(deals(**clear, unknown=(2, 3, 0, 3)), "segment"))["is_simpson"])
    assert not bool(total(split(deals(**clear, unknown=(2, 3, 30, 80)), "segment"))["is_simpson"])


def test_the_same_mix_makes_all_of_the_change_a_change_of_rate() -> None:
    whole = total(split(deals(KA=(20, 100, 40, 100), SMB=(50, 100, 60, 100)), "segment"))
    assert whole["mix"] == pytest.approx(0, abs=1e-12)
    assert whole["rate_effect"] == pytest.approx(0.15)
    assert bool(whole["is_real"])


def test_the_same_rates_make_all_of_the_change_a_change_of_mix() -> None:
    whole = total(split(deals(KA=(20, 100, 60, 300), SMB=(150, 300, 50, 100)), "segment"))
    assert whole["rate_effect"] == pytest.approx(0, abs=1e-12)
    assert whole["change"] == pytest.approx(-0.15)
    assert not bool(whole["is_simpson"])


def test_a_segment_that_is_new_brings_mix_and_no_change_of_rate() -> None:
    frame = split(deals(KA=(20, 100, 20, 100), SMB=(0, 0, 50, 100)), "segment")
    new = frame.iloc[1]
    assert pd.isna(new["change"])
    assert new["rate_effect"] == 0
    assert new["mix"] > 0
    assert total(frame)["change"] == pytest.approx(0.15)


def test_a_change_within_chance_is_not_real_and_a_usual_swing_is_not_either() -> None:
    small = deals(KA=(20, 100, 26, 100))
    assert not bool(total(split(small, "segment"))["is_real"])
    large = deals(KA=(200, 1000, 260, 1000))
    assert bool(total(split(large, "segment"))["is_real"])
    assert not bool(total(split(large, "segment", sigma_z=3))["is_real"])


def test_one_deal_of_a_segment_is_no_statement_about_it() -> None:
    frame = split(deals(KA=(0, 1, 1, 1), SMB=(50, 100, 50, 100)), "segment")
    assert not bool(frame["is_real"].iloc[0])


def test_nothing_closed_is_said_and_no_columns_are_missing() -> None:
    whole = total(split(deals(KA=(0, 0, 5, 10)), "segment"))
    assert whole["reason"] == "nothing_closed"
    assert set(ADDED) <= set(whole.index)
    assert set(ADDED) <= set(none("segment").columns)


def test_a_chain_of_periods_asks_more_of_each_change() -> None:
    """A change that would be real alone is not, when it is the largest of eleven that were looked at."""
    rows = [("KA", f"p{i:02d}", 200.0 + (34 if i == 6 else 0), 1000.0, 1000.0) for i in range(12)]
    frame = pd.DataFrame(rows, columns=["segment", "period", "x", "total", "effective_n"]).assign(
        reason="", is_one_sided=False)
    names = [f"p{i:02d}" for i in range(12)]
    pair = chain(frame, "segment", names[5:7])
    assert total(pair)["before"] == "p05"
    all_of_them = chain(frame, "segment", names)
    assert len(all_of_them) == 22
    found = all_of_them[(all_of_them["now"] == "p06") & all_of_them["is_total"]].iloc[0]
    assert found["change"] == total(pair)["change"]
    assert found["low"] < total(pair)["low"]
    assert chain(frame, "segment", names[:1]).empty
