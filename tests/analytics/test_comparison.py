"""The comparison with the competitors: the method's own worked figures, and what must hold for any figures."""

from __future__ import annotations

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.comparison import (
    PHANTOM,
    US,
    Party,
    drivers,
    formula,
    go_ahead,
    hint,
    reported,
    shares,
    strength,
    volatility,
)
from data.settings import WinRate

RULES = WinRate()
US_80_60 = Party(US, 80, 60)
A, B = Party("A", 70, 75), Party("B", 50, 40)


# --- METHOD B6, printed digits -----------------------------------------------------------------------------------


def test_three_parties_share_as_printed_in_b6() -> None:
    share = shares(US_80_60, [A, B], RULES)
    assert {name: round(p, 4) for name, p in share.items()} == {"us": 0.3983, "A": 0.4357, "B": 0.1660}


def test_the_chance_that_the_project_goes_ahead_multiplies_ours_as_printed_in_b6() -> None:
    assert round(reported(shares(US_80_60, [A, B], RULES)[US], 0.8), 4) == 0.3187


def test_raising_our_closeness_from_60_to_72_gives_what_b6_prints() -> None:
    before, after = (shares(Party(US, 80, closeness), [A, B], RULES)[US] for closeness in (60, 72))
    assert round(after, 4) == 0.4427
    assert round(100 * (after - before), 2) == 4.44


@pytest.mark.parametrize(("gamma", "printed"), [(1, 0.608), (2, 0.706), (3, 0.788), (4, 0.852)])
def test_gamma_sharpens_the_lead_as_printed_in_b6(gamma: float, printed: float) -> None:
    assert round(shares(Party(US, 90, 80), [Party("A", 60, 50)], WinRate(gamma=gamma))[US], 3) == printed


def test_with_the_default_weights_the_share_is_the_product_of_need_and_closeness() -> None:
    assert shares(US_80_60, [A, B], RULES)[US] == pytest.approx(80 * 60 / (80 * 60 + 70 * 75 + 50 * 40))


# --- who is compared ---------------------------------------------------------------------------------------------


def test_nobody_assessed_is_a_phantom_as_strong_as_we_are() -> None:
    assert shares(US_80_60, [], RULES) == pytest.approx({US: 0.5, PHANTOM: 0.5})


def test_a_proven_single_source_has_no_phantom() -> None:
    assert shares(US_80_60, [], RULES, is_single_source=True) == {US: 1.0}


def test_of_four_rivals_the_weakest_is_left_out() -> None:
    others = [Party(name, need, 50) for name, need in (("A", 70), ("B", 20), ("C", 60), ("D", 50))]
    assert list(shares(US_80_60, others, RULES)) == [US, "A", "C", "D"]


def test_equally_strong_rivals_come_by_name() -> None:
    assert list(shares(US_80_60, [Party("Z", 50, 50), Party("A", 50, 50)], RULES)) == [US, "A", "Z"]


def test_all_parties_at_the_floor_share_equally() -> None:
    share = shares(Party(US, 0, 1), [Party("A", 1, 0), Party("B", 0, 0)], RULES)
    assert list(share.values()) == pytest.approx([1 / 3] * 3)


def test_necessary_conditions_run_from_20_to_95_percent_and_unknown_ones_do_not_count() -> None:
    assert go_ahead([0, 0, 0, 0, 0], RULES) == pytest.approx(0.20)
    assert go_ahead([1, 1, 1, 1, 1], RULES) == pytest.approx(0.95)
    assert go_ahead([1, None, float("nan")], RULES) == pytest.approx(0.95)
    assert go_ahead([None], RULES) is None


def test_volatility_needs_four_changes_and_looks_at_the_last_eight() -> None:
    assert volatility([0.1, -0.1, 0.1], RULES) is None
    assert volatility([9.0, *[0.1, -0.1] * 4], RULES) == pytest.approx(0.1 * (8 / 7) ** 0.5)


@pytest.mark.parametrize(("need", "expected"), [(90, "frontal"), (40, "flanking"), (30, "fragment"), (9, "develop")])
def test_the_hint_follows_the_ratio_to_the_top_rival(need: float, expected: str) -> None:
    # strength ratio = (need / 40) ^ 0.5: 1.5, 1, 0.87 and 0.47 against the rival's 40, closeness equal
    ratios = {"frontal": 1.5, "flanking": 1.0, "fragment": 0.866, "develop": 0.474}
    us, rival = Party(US, need, 50), Party("A", 40, 50)
    assert strength(us, RULES) / strength(rival, RULES) == pytest.approx(ratios[expected], abs=1e-3)
    rules = WinRate(flanking_from=0.9)
    assert hint(us, [rival], None, rules) == expected


def test_the_hint_is_to_develop_where_few_conditions_are_met_and_to_defend_for_the_incumbent() -> None:
    strong, rival = Party(US, 90, 90), Party("A", 40, 40)
    assert hint(strong, [rival], go_ahead([0, 0, 0, 0.5, 1], RULES), RULES) == "develop"
    assert hint(strong, [rival], None, RULES, is_incumbent=True) == "defend"
    assert hint(strong, [], None, RULES) is None


# --- why it moved ------------------------------------------------------------------------------------------------


def row(
    us: tuple[float, float], *rivals: tuple[str, float, float], g: float | None = None, single: bool = False
) -> dict:
    """A row of mart opportunity_week, as far as the comparison reads it."""
    values: dict = {"need_us": us[0], "closeness_us": us[1], "g": g, "is_single_source": single}
    for i, key in enumerate(("1", "2", "others")):
        name, need, closeness = rivals[i] if i < len(rivals) else (None, None, None)
        values |= {
            ("others" if key == "others" else f"rival_{key}"): name,
            f"need_{key}": need,
            f"closeness_{key}": closeness,
        }
    return values


def overall(values: dict) -> float:
    return float(formula(values, RULES)["overall"].iloc[0])


scores = st.floats(0, 100)
sides = st.builds(
    lambda us, names, numbers, g, single: row(us, *((n, *x) for n, x in zip(names, numbers)), g=g, single=single),
    st.tuples(scores, scores),
    st.permutations("ABCD").map(lambda p: p[:3]),
    st.lists(st.tuples(scores, scores), max_size=3),
    st.none() | st.floats(0.2, 0.95),
    st.booleans(),
)


@given(sides, sides)
def test_drivers_add_up_to_the_change_whoever_comes_and_goes(before: dict, now: dict) -> None:
    terms = drivers(before, now, RULES)
    assert terms["points"].sum() == pytest.approx(100 * (overall(now) - overall(before)), abs=1e-8)


@given(sides)
def test_shares_of_all_parties_add_up_to_one(side: dict) -> None:
    table = formula(side, RULES)
    assert table["share"].sum() == pytest.approx(1)
    assert (table["share"] > 0).all()


def test_log_terms_against_the_top_rival_add_up_to_the_change_of_the_log_ratio_as_b6_says() -> None:
    before = row((80, 60), ("A", 70, 75), ("B", 50, 40))
    now = row((82, 72), ("A", 75, 70), ("B", 50, 30))
    expected = (RULES.gamma / 2) * (log(82 / 80) - log(75 / 70) + log(72 / 60) - log(70 / 75))
    terms = drivers(before, now, RULES)
    assert terms["log_ratio"].sum() == pytest.approx(expected)
    old, new = (formula(side, RULES).set_index("party")["share"] for side in (before, now))
    assert terms["log_ratio"].sum() == pytest.approx(log(new[US] / new["A"]) - log(old[US] / old["A"]))


def test_a_rise_of_our_closeness_alone_is_one_driver_of_the_whole_change() -> None:
    terms = drivers(row((80, 60), ("A", 70, 75), ("B", 50, 40)), row((80, 72), ("A", 70, 75), ("B", 50, 40)), RULES)
    assert terms[["party", "axis"]].values.tolist() == [["us", "closeness"]]
    assert round(terms["points"].iloc[0], 2) == 4.44


def test_against_a_phantom_our_own_scores_move_nothing() -> None:
    assert drivers(row((50, 50)), row((90, 90)), RULES).empty


def test_the_first_rival_assessed_takes_the_phantoms_place() -> None:
    terms = drivers(row((80, 60)), row((80, 60), ("A", 90, 90)), RULES).set_index("axis")["points"]
    assert terms["entered"] < 0 < terms["left"]


def test_conditions_known_for_the_first_time_are_a_driver_of_their_own() -> None:
    terms = drivers(row((80, 60), ("A", 70, 75)), row((80, 60), ("A", 70, 75), g=0.5), RULES)
    assert terms["axis"].tolist() == ["conditions"]
    assert terms["before"].isna().all()


def test_the_formula_shows_its_own_numbers() -> None:
    table = formula(row((80, 60), ("A", 70, 75), ("B", 50, 40), g=0.8), RULES)
    assert table["weight"].round(6).tolist() == [4800, 5250, 2000]
    assert round(table["overall"].iloc[0], 4) == 0.3187
