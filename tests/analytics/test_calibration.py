"""Does the prediction tell the truth? Reliability, Brier, AUC, the refit of gamma; against loops and known cases."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.backtest import bands, verdicts
from analytics.calibration import area, log_likelihood, refit, reliability, scores, share


def counted(p: np.ndarray, y: np.ndarray, source: str = "comparison", *,
            other: np.ndarray | None = None) -> pd.DataFrame:
    """Predictions and outcomes as data/sql/calibration_bins.sql gives them; `other`: what the comparison predicted."""
    difference = np.zeros(len(p)) if other is None else (p - y) ** 2 - (other - y) ** 2
    frame = pd.DataFrame({
        "source": source, "percent": np.minimum(np.floor(np.round(p * 100, 6)), 99).astype("int64"), "is_both": True,
        "n": 1, "won": y.astype("int64"), "p_sum": p, "error_sum": (p - y) ** 2, "tilt_sum": (y - p) * (1 - 2 * p),
        "tilt_variance": (1 - 2 * p) ** 2 * p * (1 - p), "difference_sum": difference,
        "difference_squares": difference**2})
    return frame.groupby(["source", "percent", "is_both"], as_index=False).sum()


def of(frame: pd.DataFrame, source: str) -> pd.Series:
    """The one row of a source."""
    (row,) = (r for _, r in frame.iterrows() if r["source"] == source)
    return row


def test_five_bins_hold_what_was_predicted_and_what_was_won() -> None:
    p = np.array([0.05, 0.15, 0.25, 0.25, 0.90, 1.0, 0.2])
    y = np.array([0, 1, 0, 1, 1, 1, 0])
    bins = reliability(counted(p, y))
    assert list(bins["n"]) == [2, 3, 0, 0, 2]
    assert list(bins["won"]) == [1, 1, 0, 0, 2]
    assert bins["predicted"].iloc[0] == pytest.approx(0.10)
    assert bins["predicted"].iloc[1] == pytest.approx(0.7 / 3)
    assert pd.isna(bins["value"].iloc[2])
    assert list(bins["bin_low"]) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])


def test_a_bins_limits_are_wilsons() -> None:
    """METHOD B7: 3 of 10 -> 0.108 to 0.603; 0.7 predicted lies outside, 0.6 inside."""
    y = np.array([1, 1, 1] + [0] * 7)
    off = reliability(counted(np.full(10, 0.7), y)).iloc[3]
    assert (round(off["low"], 3), round(off["high"], 3), bool(off["is_off"])) == (0.108, 0.603, True)
    assert not bool(reliability(counted(np.full(10, 0.6), y)).iloc[3]["is_off"])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 99), st.booleans()), min_size=2, max_size=60))
def test_brier_and_auc_agree_with_plain_loops(rows: list[tuple[int, bool]]) -> None:
    p, y = np.array([r[0] / 100 for r in rows]), np.array([float(r[1]) for r in rows])
    row = of(scores(counted(p, y)), "comparison")
    assert row["brier"] == pytest.approx(sum((a - b) ** 2 for a, b in zip(p, y, strict=True)) / len(p))
    base = y.mean()
    assert row["reference"] == pytest.approx(sum((base - b) ** 2 for b in y) / len(y))
    wins, others = p[y == 1], p[y == 0]
    if len(wins) and len(others):
        beats = sum((a > b) + 0.5 * (a == b) for a in wins for b in others) / (len(wins) * len(others))
        assert row["auc"] == pytest.approx(beats)
    else:
        assert np.isnan(row["auc"])


def test_hanley_and_mcneils_standard_error_is_that_of_their_example() -> None:
    """Hanley & McNeil 1982, table I and p. 32: 58 normal and 51 abnormal images, area 0.893, standard error 0.032."""
    ratings = pd.DataFrame({"percent": [1, 2, 3, 4, 5], "n": [33 + 3, 6 + 2, 6 + 2, 11 + 11, 2 + 33],
                            "won": [3, 2, 2, 11, 33]})
    auc, error = area(ratings)
    assert (round(auc, 3), round(error, 3)) == (0.893, 0.032)


def test_true_probabilities_are_found_calibrated_and_inflated_ones_are_not() -> None:
    rng = np.random.default_rng(4)
    p = rng.uniform(0.05, 0.95, 2000)
    y = (rng.random(2000) < p).astype(float)
    honest = of(scores(counted(p, y)), "comparison")
    assert bool(honest["is_calibrated"])
    assert bool(honest["tells"])
    assert honest["skill"] > 0.2
    hopeful = of(scores(counted(np.minimum(p + 0.2, 1), y)), "comparison")
    assert not bool(hopeful["is_calibrated"])
    assert hopeful["predicted"] > hopeful["value"] + 0.1


def test_predictions_that_have_nothing_to_do_with_winning_do_not_tell() -> None:
    rng = np.random.default_rng(5)
    p, y = rng.uniform(0.2, 0.6, 1000), (rng.random(1000) < 0.4).astype(float)
    row = of(scores(counted(p, y)), "comparison")
    assert not bool(row["tells"])
    assert row["auc_low"] < 0.5 < row["auc_high"]


def test_fewer_than_a_hundred_closed_are_no_statement() -> None:
    row = of(scores(counted(np.full(99, 0.5), np.ones(99))), "comparison")
    assert (row["reason"], row["tells"], row["is_calibrated"]) == ("few_closed", None, None)
    assert of(scores(counted(np.full(99, 0.5), np.ones(99))), "crm")["reason"] == "nothing_predicted"


def test_two_predictions_are_compared_on_the_same_opportunities() -> None:
    """The CRM says 0.5 throughout (error 0.25), the comparison misses by 0.1 and 0.4 in turn (0.01 and 0.16)."""
    y = np.tile([0.0, 1.0], 50)
    both = counted(np.full(100, 0.5), y, "crm", other=np.tile([0.1, 0.6], 50))
    alone = counted(np.full(60, 0.9), np.zeros(60), "crm").assign(is_both=False, difference_sum=np.nan)
    row = of(scores(pd.concat([both, alone])), "crm")
    assert (row["n"], row["n_both"], row["worse_by"]) == (160, 100, pytest.approx((0.24 + 0.09) / 2))
    assert row["worse_low"] == pytest.approx(0.165 - 1.96 * 0.075 / np.sqrt(99), abs=1e-4)


def rivals(gamma: float, n: int, seed: int, informative: bool = True) -> pd.DataFrame:
    """Opportunities against one or two assessed rivals, won with the probability that gamma gives them."""
    rng = np.random.default_rng(seed)
    scored = {f"{axis}_{party}": rng.uniform(30, 95, n) for axis in ("need", "closeness") for party in ("us", "1", "2")}
    frame = pd.DataFrame(scored).assign(need_others=np.nan, closeness_others=np.nan)
    frame.loc[rng.random(n) < 0.5, ["need_2", "closeness_2"]] = np.nan
    strength = {p: np.sqrt(frame[f"need_{p}"] * frame[f"closeness_{p}"]) for p in ("us", "1", "2")}
    weight = {p: s**gamma for p, s in strength.items()}
    p = weight["us"] / (weight["us"] + weight["1"] + weight["2"].fillna(0))
    return frame.assign(y=(rng.random(n) < (p if informative else 0.4)).astype(float))


@pytest.mark.parametrize("gamma", [1.0, 2.0, 4.0])
def test_gamma_is_found_again_from_enough_closed(gamma: float) -> None:
    found = refit(rivals(gamma, 3000, 7), current=2.0)
    assert found.gamma == pytest.approx(gamma, rel=0.2)
    assert found.low is not None
    assert found.high is not None
    assert found.low < gamma < found.high
    assert found.verdict == ("keep" if gamma == 2 else "change")


def test_the_likelihood_is_the_sum_of_a_plain_loop_and_highest_at_the_fit() -> None:
    frame = rivals(2.0, 200, 8)
    leads = np.column_stack([np.log(np.sqrt(frame["need_us"] * frame["closeness_us"])
                                    / np.sqrt(frame[f"need_{k}"] * frame[f"closeness_{k}"])) for k in ("1", "2")])
    y = frame["y"].to_numpy()
    for gamma in (0.5, 2.0, 5.0):
        total = 0.0
        for row, won in zip(leads, y, strict=True):
            p = 1 / (1 + sum(np.exp(-gamma * lead) for lead in row if not np.isnan(lead)))
            total += np.log(p) if won else np.log(1 - p)
        assert log_likelihood(gamma, leads, y) == pytest.approx(total)
    found = refit(frame, current=2.0).gamma
    assert found is not None
    grid = [log_likelihood(g, leads, y) for g in np.linspace(0, 12, 241)]
    assert log_likelihood(found, leads, y) >= max(grid) - 1e-6


def test_wins_that_do_not_depend_on_the_assessment_support_no_gamma() -> None:
    found = refit(rivals(2.0, 1000, 9, informative=False), current=2.0)
    assert found.verdict == "not_supported"


def test_a_gamma_that_only_fits_the_average_is_not_supported() -> None:
    """We are always assessed above one rival and win six of ten, whatever the lead: gamma > 0 fits, and is empty."""
    rng = np.random.default_rng(10)
    lead = rng.uniform(1.0, 1.6, 800)
    frame = pd.DataFrame({"need_us": 60 * lead, "closeness_us": 60 * lead, "need_1": 60.0, "closeness_1": 60.0,
                          "need_2": np.nan, "closeness_2": np.nan, "need_others": np.nan, "closeness_others": np.nan,
                          "y": (rng.random(800) < 0.6).astype(float)})
    found = refit(frame, current=2.0)
    assert found.low is not None
    assert found.low > 0
    assert found.verdict == "not_supported"


def test_fewer_than_the_minimum_are_not_refitted() -> None:
    found = refit(rivals(2.0, 99, 11), current=2.0)
    assert (found.verdict, found.gamma, found.current, found.n) == ("few_closed", None, 2.0, 99)
    assert refit(rivals(2.0, 99, 11), current=2.0, minimum=50).verdict != "few_closed"


def test_the_shares_of_three_parties_are_those_of_the_definition() -> None:
    """METHOD B6: (need, closeness) us (80, 60), A (70, 75), B (50, 40), gamma 2 -> 0.3983."""
    leads = np.array([[np.log(np.sqrt(4800 / 5250)), np.log(np.sqrt(4800 / 2000))]])
    assert round(float(share(2, leads)[0]), 4) == 0.3983


def closeness(points: np.ndarray, y: np.ndarray, clusters: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Closeness and outcome as data/sql/closeness_outcomes.sql and closeness_trend.sql give them."""
    counts = pd.DataFrame({"source": "project", "percent": points.astype("int64"), "n": 1, "won": y.astype("int64")})
    each = pd.Series((points - points.mean()) * (y - y.mean()))
    part = each.groupby(clusters).sum()
    trend = pd.DataFrame({"source": ["project"], "clusters": [len(part)], "score": [part.sum()],
                          "variance": [(part**2).sum()]})
    return counts.groupby(["source", "percent"], as_index=False).sum(), trend


def test_bands_have_the_edges_of_the_settings() -> None:
    counts = pd.DataFrame({"source": "project", "percent": [29, 30, 49, 50, 70, -1], "n": [1, 2, 3, 4, 5, 6],
                           "won": [0, 1, 1, 2, 5, 6]})
    frame = bands(counts, (30, 50, 70))
    assert list(frame["n"]) == [1, 5, 4, 5]
    assert list(frame["from_points"]) == [0, 30, 50, 70]
    assert list(frame["to_points"]) == [30, 50, 70, 100]
    row = of(verdicts(counts, closeness(np.array([1.0, 2]), np.array([0.0, 1]), np.array([1, 2]))[1]), "project")
    assert (row["n"], row["unknown"], row["verdict"]) == (15, 6, "few_closed")


def test_closeness_that_goes_with_winning_predicts_and_the_other_way_round_is_said_too() -> None:
    rng = np.random.default_rng(12)
    points = rng.uniform(10, 90, 400)
    y = (rng.random(400) < points / 100).astype(float)
    assert of(verdicts(*closeness(points, y, np.arange(400))), "project")["verdict"] == "predicts"
    assert of(verdicts(*closeness(100 - points, y, np.arange(400))), "project")["verdict"] == "reversed"


def test_closeness_that_is_independent_of_winning_does_not_predict() -> None:
    """Forty independent histories, judged at the level of a claim: one in 200 may err."""
    rng = np.random.default_rng(13)
    found = []
    for _ in range(40):
        points, y = rng.uniform(10, 90, 300), (rng.random(300) < 0.4).astype(float)
        found.append(of(verdicts(*closeness(points, y, np.arange(300))), "project")["verdict"])
    assert sum(verdict != "does_not_predict" for verdict in found) <= 1


def test_many_deals_of_few_accounts_are_little_evidence() -> None:
    """Eight accounts decide for themselves, fifty deals each: as 400 independent deals it would look like proof."""
    rng = np.random.default_rng(14)
    wrong = {True: 0, False: 0}
    for _ in range(40):
        points, rate = np.repeat(rng.uniform(10, 90, 8), 50), np.repeat(rng.uniform(0.1, 0.7, 8), 50)
        y = (rng.random(400) < rate).astype(float)
        for together in (True, False):
            clusters = np.repeat(np.arange(8), 50) if together else np.arange(400)
            wrong[together] += of(verdicts(*closeness(points, y, clusters)), "project")["p"] < 0.05
    assert wrong[True] <= 5
    assert wrong[False] >= 15


def test_nothing_known_is_not_measured() -> None:
    counts = pd.DataFrame({"source": ["account"], "percent": [-1], "n": [50], "won": [20]})
    trend = pd.DataFrame({"source": pd.Series(dtype="str"), "clusters": [], "score": [], "variance": []})
    assert of(verdicts(counts, trend), "account")["verdict"] == "not_measured"
    assert of(verdicts(counts, trend), "project")["unknown"] == 0
