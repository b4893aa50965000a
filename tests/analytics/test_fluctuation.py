"""Is this move real? Control limits, signals and shifts of level; noise is not called a move."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.fluctuation import RUN, apart_from, control, dispersion, shifts
from analytics.statistics.estimate import two_sided_p
from tests.oracles import fluctuation as oracle


def periods(*rows: tuple[int, int], usable: bool = True) -> pd.DataFrame:
    """Periods in time order, each (won, closed)."""
    frame = pd.DataFrame(rows, columns=["won", "effective_n"]).astype("float64")
    return frame.assign(value=frame["won"] / frame["effective_n"].where(frame["effective_n"] > 0), is_usable=usable)


def counts(dimension: str, **groups: list[tuple[int, int]]) -> pd.DataFrame:
    """(won, closed) per group and quarter."""
    return pd.DataFrame([(dimension, name, f"2025Q{i}" if i < 5 else f"2026Q{i - 4}", won, n)
                         for name, rows in groups.items() for i, (won, n) in enumerate(rows, 1)],
                        columns=["dimension", "value", "period", "won", "n"])


def test_limits_are_those_of_a_plain_p_chart_where_periods_differ_by_chance_alone() -> None:
    """40 % of 100: 0.4 ± 3 · √(0.4 · 0.6 / 100) = 0.253 to 0.547; of 400: 0.327 to 0.473."""
    chart = control(periods(*[(40, 100)] * 8, (160, 400)))
    assert chart["centre"].round(12).eq(0.4).all()
    assert [round(x, 3) for x in chart["lower"].iloc[[0, 8]]] == [0.253, 0.327]
    assert [round(x, 3) for x in chart["upper"].iloc[[0, 8]]] == [0.547, 0.473]
    assert chart["signal"].eq("").all()


def test_each_level_has_limits_of_its_own_and_the_move_between_them_is_no_usual_variation() -> None:
    """50 % then 20 % of 100: 0.2 ± 3 · √(0.2 · 0.8 / 100) = 0.08 to 0.32, and nothing moves within a level."""
    rows = periods(*[(50, 100)] * 6, *[(20, 100)] * 6)
    chart = control(rows.assign(phase=[0] * 6 + [1] * 6))
    assert chart["centre"].tolist() == [0.5] * 6 + [0.2] * 6
    assert chart["sigma_z"].eq(0).all()
    assert (round(chart["lower"].iloc[-1], 3), round(chart["upper"].iloc[-1], 3)) == (0.08, 0.32)
    assert chart["signal"].eq("").all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(60, 900)), min_size=8, max_size=30))
def test_limits_agree_with_laneys_formula_in_a_plain_loop(rows: list[tuple[int, int]]) -> None:
    won, closed = [x for x, _ in rows], [n for _, n in rows]
    if sum(won) == 0:
        return
    centre, sigma_z, limits = oracle.laney(won, closed)
    chart = control(periods(*rows))
    assert chart["centre"].to_numpy() == pytest.approx(centre)
    assert chart["sigma_z"].to_numpy() == pytest.approx(sigma_z)
    assert chart[["lower", "upper"]].to_numpy() == pytest.approx(np.array(limits))


def test_a_rate_that_always_swings_gets_wide_limits_and_no_signal() -> None:
    """30 % and 50 % of 500 in turn: 20 points apart, nine standard errors; but that is how it always is."""
    swinging = [(150, 500), (250, 500)] * 6
    chart = control(periods(*swinging))
    assert chart["sigma_z"].iloc[0] > 5
    assert chart["signal"].eq("").all()
    alone = control(periods(*swinging[:4]))
    assert np.isnan(alone["sigma_z"].iloc[0]), "four periods do not tell how much it usually swings"
    assert list(alone["signal"]) == ["below", "above", "below", "above"]


def test_one_period_outside_the_limits_is_a_signal() -> None:
    chart = control(periods(*[(42, 100), (37, 100)] * 6, (10, 100)))
    assert list(chart["signal"]) == [""] * 12 + ["below"]


def test_nine_in_a_row_on_one_side_are_a_signal_and_eight_are_not() -> None:
    """Nelson 1984, test 2."""
    high, low = (43, 100), (37, 100)
    chart = control(periods(*[high] * RUN, *[low] * (RUN - 1)))
    assert list(chart["signal"]) == ["run_above"] * RUN + [""] * (RUN - 1)
    assert control(periods(*[high] * (RUN - 1), *[low] * (RUN - 1)))["signal"].eq("").all()


def test_a_period_with_few_cases_is_not_judged() -> None:
    chart = control(periods(*[(40, 100)] * 10, (0, 8)))
    assert bool(chart["is_small"].iloc[-1])
    assert chart["signal"].iloc[-1] == ""


def test_what_is_not_usable_moves_neither_the_centre_nor_the_limits_and_is_not_judged() -> None:
    plain = control(periods(*[(40, 100)] * 10))
    frame = pd.concat([periods((82, 100), usable=False), periods(*[(40, 100)] * 10)], ignore_index=True)
    chart = control(frame)
    assert chart["signal"].eq("").all()
    assert chart["centre"].iloc[1] == plain["centre"].iloc[0]
    assert chart["lower"].iloc[1] == plain["lower"].iloc[0]


def test_an_empty_period_is_unknown_and_no_zero() -> None:
    chart = control(periods(*[(40, 100)] * 9, (0, 0)))
    assert chart["centre"].iloc[0] == pytest.approx(0.4)
    assert chart[["lower", "upper"]].iloc[-1].isna().all()
    assert chart["signal"].iloc[-1] == ""


def test_groups_are_judged_by_their_own_past() -> None:
    frame = pd.concat([periods(*[(40, 100)] * 9, (10, 100)).assign(segment="KA"),
                       periods(*[(10, 100)] * 10).assign(segment="SMB")])
    frame = frame.sample(frac=1, random_state=1).sort_index(kind="stable").reset_index(drop=True)
    chart = control(frame, ["segment"])
    assert set(chart.loc[chart["signal"] == "below", "segment"]) == {"KA"}
    assert (chart.loc[chart["segment"] == "SMB", "centre"] == 0.1).all()


def test_no_rows_give_no_rows() -> None:
    assert control(periods()).empty


def test_sigma_z_of_pure_chance_is_about_one() -> None:
    rng = np.random.default_rng(1)
    found = [dispersion(rng.binomial(200, 0.35, 12) / 200, np.full(12, 200.0)) for _ in range(300)]
    assert 0.95 < float(np.mean(found)) < 1.05


def test_chance_alone_rarely_gives_a_signal() -> None:
    """Twelve quarters of one unchanged rate: at most one chart in twenty may call something a move."""
    rng = np.random.default_rng(2)
    charts = [control(periods(*((int(x), 300) for x in rng.binomial(300, 0.35, 12)))) for _ in range(300)]
    assert np.mean([chart["signal"].ne("").any() for chart in charts]) < 0.05


def test_a_group_whose_rate_falls_while_the_others_stay_is_named_with_its_quarter() -> None:
    steady = [(40, 100)] * 6
    found = shifts(counts("region", West=[*steady[:4], (15, 100), (15, 100)], East=steady, South=steady))
    first = found.iloc[0]
    assert (first["dimension"], first["value"], first["since"]) == ("region", "West", "2026Q1")
    assert (first["rate_before"], first["rate_after"]) == (0.4, 0.15)
    assert (first["change"], first["rest_change"]) == (pytest.approx(-0.25), pytest.approx(0))
    assert bool(first["is_real"])


def test_of_two_groups_only_the_one_that_moved_is_named() -> None:
    found = shifts(counts("segment", SMB=[(40, 100)] * 4, KA=[(30, 100), (30, 100), (10, 100), (10, 100)]))
    assert dict(zip(found["value"], found["is_real"], strict=True)) == {"KA": True, "SMB": False}


def test_the_test_of_a_groups_change_is_the_pooled_test_of_two_shares() -> None:
    """56 of 70 against 48 of 80 (Newcombe 1998, table II a): z = 0.2 / √(0.6933 · 0.3067 · (1/70 + 1/80)) = 2.650."""
    found = shifts(counts("region", West=[(48, 80), (56, 70)], East=[(40, 100)] * 2)).set_index("value")
    assert round(found.loc["West", "z"], 3) == 2.650


def test_a_fall_of_everybody_is_nobodys_and_the_wholes() -> None:
    each = [(40, 100)] * 4 + [(20, 100)] * 2
    whole = counts("", **{"": [(3 * x, 3 * n) for x, n in each]})
    found = shifts(pd.concat([whole, counts("region", West=each, East=each, South=each)]))
    assert list(found.loc[found["is_real"], "dimension"]) == [""]
    assert found.iloc[0]["since"] == "2026Q1"


def test_a_usual_swing_of_the_whole_is_no_shift() -> None:
    whole = counts("", **{"": [(120, 300)] * 4 + [(100, 300)] * 2})
    assert bool(shifts(whole)["is_real"].iloc[0])
    assert not bool(shifts(whole, sigma_z=3)["is_real"].iloc[0])


def test_few_cases_are_not_tried_and_no_periods_give_no_rows() -> None:
    assert shifts(counts("region", West=[(2, 4)] * 6, East=[(2, 4)] * 6)).empty
    assert shifts(counts("region", West=[(40, 100)], East=[(40, 100)])).empty


def test_permuted_labels_claim_nothing() -> None:
    """Eight dimensions, five groups each, eight quarters of one and the same rate: at most one look in twenty errs."""
    rng = np.random.default_rng(3)
    claimed = 0
    for _ in range(40):
        parts = [counts(f"d{d}", **{f"g{g}": [(int(x), 60) for x in rng.binomial(60, 0.35, 8)] for g in range(5)})
                 for d in range(8)]
        claimed += bool(shifts(pd.concat(parts))["is_real"].any())
    assert claimed <= 2


def test_when_everybody_falls_chance_makes_nobody_fall_more() -> None:
    """All groups fall alike, from 45 % to 30 %: each has moved, none by more than the others. Of forty such companies
    at most four may name one (wanted: 5 %; more than four has probability 5 %)."""
    draw, claimed = np.random.default_rng(3), 0
    for _ in range(40):
        rows = [(dimension, f"{dimension}{g}", f"2025Q{q}", draw.binomial(120, 0.45 if q < 3 else 0.30), 120)
                for dimension in ("region", "team", "industry") for g in range(6) for q in range(1, 5)]
        found = shifts(pd.DataFrame(rows, columns=["dimension", "value", "period", "won", "n"]))
        claimed += bool(found["is_real"].any())
    assert claimed <= 4


def test_two_segments_are_one_comparison_and_a_question_of_their_own() -> None:
    rows = [(dimension, name, f"2025Q{q}", won, 400) for dimension, groups in (
        ("segment", {"KA": (160, 160, 110, 110), "SMB": (160, 160, 160, 160)}),
        ("region", {f"r{i}": (160, 160, 150, 150) for i in range(5)})) for name, cells in groups.items()
        for q, won in enumerate(cells, 1)]
    found = shifts(pd.DataFrame(rows, columns=["dimension", "value", "period", "won", "n"]))
    ka = found[found["value"] == "KA"].iloc[0]
    z = apart_from(*(tuple(np.array([float(v)]) for v in cells) for cells in (
        (320, 800, 220, 800), (320, 800, 320, 800))))
    assert ka["is_real"]
    assert ka["p_rest"] == pytest.approx(3 * two_sided_p(float(z[0])))  # three splits in time, one comparison
    assert ka["tests"] == 3 * (2 + 5)
