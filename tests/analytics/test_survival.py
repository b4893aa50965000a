"""Kaplan-Meier and Aalen-Johansen against R, SAS, lifelines, published tables, exact fractions and plain sense."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.statistics import competing, intervals, survival
from analytics.statistics.estimate import NOT_KNOWN, two_sided_p
from tests.oracles import survival as oracle

#: leukaemia, Miller 1981 (R survival::aml): weeks to relapse, 1 = relapsed, 0 = still in remission
AML_MAINTAINED = [(9, 1), (13, 1), (13, 0), (18, 1), (23, 1), (28, 0), (31, 1), (34, 1), (45, 0), (48, 1), (161, 0)]
AML_NOT = [(5, 1), (5, 1), (8, 1), (8, 1), (12, 1), (16, 0), (23, 1), (27, 1), (30, 1), (33, 1), (43, 1), (45, 1)]
#: Freireich et al. 1963: weeks of remission
SIX_MP = [*[(6, 1)] * 3, (6, 0), (7, 1), (9, 0), (10, 1), (10, 0), (11, 0), (13, 1), (16, 1), (17, 0), (19, 0),
          (20, 0), (22, 1), (23, 1), (25, 0), (32, 0), (32, 0), (34, 0), (35, 0)]
PLACEBO = [(t, 1) for t in (1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)]
#: METHOD B13: 1 = advanced, 2 = lost, 0 = open
GOLDEN = [(5, 1), (8, 1), (8, 1), (12, 0), (15, 1), (20, 0), (30, 2)]

VECTORS = Path(__file__).parents[2].parent / "shared" / "data" / "vectors" / "km_censored_durations.json"

cases_of = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2)), min_size=1, max_size=40)


def counts(cases):
    """Counts per day as the queries deliver them: days, events of any kind, censored."""
    frame = pd.DataFrame(cases, columns=["days", "kind"])
    return frame.assign(events=(frame["kind"] > 0).astype(int), censored=(frame["kind"] == 0).astype(int))


def by_cause(cases):
    frame = pd.DataFrame(cases, columns=["days", "kind"])
    return frame.assign(advance=(frame["kind"] == 1).astype(int), lost=(frame["kind"] == 2).astype(int),
                        censored=(frame["kind"] == 0).astype(int))


def logrank(one, other):
    """P value from the score, with deaths and numbers at risk counted case by case."""
    days = sorted({day for day, _ in one + other})
    sides = [np.array([[sum(t == day and kind > 0 for t, kind in cases) for day in days],
                       [sum(t >= day for t, _ in cases) for day in days]], float) for cases in (one, other)]
    score = survival.logrank_score(*sides[0], *sides[1])
    return None if score is None else two_sided_p(score)


def limits(estimate):
    return estimate.value, estimate.low, estimate.high


# --- outside authorities -------------------------------------------------------------------------------------


def test_aml_maintained_against_R_survfit():
    """`summary(survfit(Surv(time, status) ~ x, aml))`, R survival tests/doaml.Rout.save."""
    curve = survival.kaplan_meier(counts(AML_MAINTAINED), transform="log")
    curve = curve[curve["events"] > 0]
    assert curve["days"].tolist() == [9, 13, 18, 23, 31, 34, 48]
    assert curve["at_risk"].tolist() == [11, 10, 8, 7, 5, 4, 2]
    assert curve["survival"].round(3).tolist() == [0.909, 0.818, 0.716, 0.614, 0.491, 0.368, 0.184]
    assert curve["std_error"].round(4).tolist() == [0.0867, 0.1163, 0.1397, 0.1526, 0.1642, 0.1627, 0.1535]
    assert curve["low"].round(4).tolist() == [0.7541, 0.6192, 0.4884, 0.3769, 0.2549, 0.1549, 0.0359]
    assert curve["high"].round(3).tolist() == [1.000, 1.000, 1.000, 0.999, 0.946, 0.875, 0.944]


def test_aml_nonmaintained_against_R_survfit():
    curve = survival.kaplan_meier(counts(AML_NOT), transform="log")
    curve = curve[curve["events"] > 0]
    assert curve["survival"].round(4).tolist() == [
        0.8333, 0.6667, 0.5833, 0.4861, 0.3889, 0.2917, 0.1944, 0.0972, 0.0]
    assert curve["std_error"].round(4).tolist()[:-1] == [
        0.1076, 0.1361, 0.1423, 0.1481, 0.1470, 0.1387, 0.1219, 0.0919]
    assert curve["low"].round(4).tolist()[:-1] == [0.6470, 0.4468, 0.3616, 0.2675, 0.1854, 0.1148, 0.0569, 0.0153]
    assert curve[["std_error", "low", "high"]].iloc[-1].isna().all(), "R prints NaN NA NA where S is 0"


@pytest.mark.parametrize(("cases", "median"), [
    (AML_MAINTAINED, (31, 18, None)),
    (AML_NOT, (23, 8, None)),
], ids=["maintained", "not maintained"])
def test_aml_median_against_R(cases, median):
    """`print(survfit(…))`: median with 0.95LCL and 0.95UCL."""
    curve = survival.kaplan_meier(counts(cases), transform="log")
    assert limits(survival.quantile(curve)) == median


@pytest.mark.parametrize(("cases", "p", "expected"), [
    (SIX_MP, 0.25, (13, 6, 22)), (SIX_MP, 0.5, (23, 13, None)), (PLACEBO, 0.5, (8, 4, 11))])
def test_quantile_limits_on_the_log_log_scale_for_the_6MP_trial(cases, p, expected):
    """Median and log-log limits as SAS LIFETEST gives them (CONFTYPE=LOGLOG): 23 (13, .) and 8 (4, 11)."""
    assert limits(survival.quantile(survival.kaplan_meier(counts(cases)), p)) == expected


def test_logrank_against_R_survdiff():
    """aml: chisq = 3.4 on 1 df, p = 0.0653; the 6-MP trial: chisq = 16.79."""
    assert logrank(AML_MAINTAINED, AML_NOT) == pytest.approx(0.0653, abs=5e-5)
    assert logrank(SIX_MP, PLACEBO) == pytest.approx(4.17e-5, rel=2e-3)


def test_golden_values_of_domain_B13():
    curve = survival.kaplan_meier(counts(GOLDEN))
    assert curve["survival"].round(4).tolist() == [0.8571, 0.5714, 0.5714, 0.3810, 0.3810, 0.0]
    assert survival.quantile(curve).value == 15
    both = competing.cumulative_incidence(by_cause(GOLDEN), ["advance", "lost"])
    last = both.groupby("cause", sort=False)["incidence"].last().round(4)
    assert last.to_dict() == {"advance": 0.6190, "lost": 0.3810}


def test_variance_of_the_incidence_against_lifelines():
    """AalenJohansenFitter of lifelines 0.30.3 on the golden example."""
    both = competing.cumulative_incidence(by_cause(GOLDEN), ["advance", "lost"])
    variance = (both.loc[both["cause"] == "advance", "std_error"] ** 2).round(6).tolist()
    assert variance[:5] == [0.017493, 0.034985, 0.034985, 0.039737, 0.039737]


def _vector_cases():
    if not VECTORS.exists():
        return []
    cases = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]
    return [pytest.param(case, id=name) for name, case in cases.items()]


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared test vectors are not here")
@pytest.mark.parametrize("case", [p for p in _vector_cases() if "input" in p.values[0]])
def test_shared_vector_with_its_rows(case):
    curve = survival.kaplan_meier(counts(case["input"]))
    for p, key in ((0.5, "median"), (0.25, "p25"), (0.75, "p75")):
        assert survival.quantile(curve, p).value == case[key]
    assert curve["survival"].iloc[-1] == pytest.approx(case["S_last"], abs=1e-6)
    assert (int(curve["at_risk"].iloc[0]), int(curve["events"].sum())) == (case["n"], case["events"])


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared test vectors are not here")
@pytest.mark.parametrize("case", _vector_cases())
def test_shared_vector_rebuilt_from_its_first_days(case):
    """The other cases carry no rows, but n, numbers at risk and events of their first days, which give counts:
    whoever is missing between two days was censored there."""
    first = case["S_at_unique_event_times_first5"]
    before, rows = case["n"], []
    for i, (day, at_risk, events, _) in enumerate(first):
        gap = first[i - 1][0] if i else 0
        rows += [(gap, 0, before - at_risk), (day, events, 0)]
        before = at_risk - events
    rows.append((first[-1][0] + 1, 0, before))
    curve = survival.kaplan_meier(pd.DataFrame(rows, columns=["days", "events", "censored"])).set_index("days")
    assert curve.loc[[day for day, *_ in first], "survival"].tolist() == pytest.approx([s for *_, s in first], abs=6e-7)
    assert curve.loc[[day for day, *_ in first], "at_risk"].tolist() == [n for _, n, _, _ in first]


# --- exact fractions, one case at a time ----------------------------------------------------------------------


@settings(deadline=None)
@given(cases_of)
def test_curve_equals_the_naive_loop(cases):
    curve = survival.kaplan_meier(counts(cases)).set_index("days")
    assert curve["survival"].to_dict() == pytest.approx({d: float(s) for d, s in oracle.survival(cases).items()})
    for day, total in oracle.greenwood(cases).items():
        if total is None:
            assert np.isnan(curve.loc[day, "std_error"])
        else:
            expected = float(oracle.survival(cases)[day]) * float(total) ** 0.5
            assert curve.loc[day, "std_error"] == pytest.approx(expected)


@settings(deadline=None)
@given(cases_of, st.sampled_from([Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(9, 10)]))
def test_quantile_equals_the_naive_loop_in_exact_fractions(cases, p):
    found = survival.quantile(survival.kaplan_meier(counts(cases)), float(p))
    assert found.value == oracle.quantile(cases, p)


@settings(deadline=None)
@given(cases_of)
def test_incidence_and_its_variance_equal_the_naive_loop(cases):
    both = competing.cumulative_incidence(by_cause(cases), ["advance", "lost"])
    for number, cause in ((1, "advance"), (2, "lost")):
        mine = both[both["cause"] == cause].set_index("days")
        assert mine["incidence"].to_dict() == pytest.approx(
            {d: float(f) for d, f in oracle.incidence(cases, number).items()})
        last = max(days for days, _ in cases)
        expected = float(oracle.incidence_variance(cases, number, last))
        assert mine.loc[last, "std_error"] ** 2 == pytest.approx(expected, abs=1e-12)


# --- laws -----------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(cases_of)
def test_endings_and_what_is_left_add_up_to_one(cases):
    both = competing.cumulative_incidence(by_cause(cases), ["advance", "lost"])
    total = both.groupby("days")["incidence"].sum() + both.groupby("days")["survival"].first()
    assert total.tolist() == pytest.approx([1.0] * len(total))


@settings(deadline=None)
@given(cases_of)
def test_one_minus_kaplan_meier_never_understates_a_competing_ending(cases):
    """Calling a loss "still going on" can only make advancing look more likely (METHOD B13)."""
    frame = by_cause(cases)
    as_censored = frame.assign(events=frame["advance"], censored=frame["censored"] + frame["lost"])
    naive = 1 - survival.kaplan_meier(as_censored)["survival"].iloc[-1]
    honest = competing.cumulative_incidence(frame, ["advance", "lost"])
    assert naive >= honest.loc[honest["cause"] == "advance", "incidence"].iloc[-1] - 1e-12


def test_one_minus_kaplan_meier_overstates_the_golden_example():
    frame = by_cause([(1, 1), (2, 2), (3, 1), (4, 2)])
    as_censored = frame.assign(events=frame["advance"], censored=frame["lost"])
    assert 1 - survival.kaplan_meier(as_censored)["survival"].iloc[-1] == pytest.approx(0.625)
    assert competing.incidence_at(competing.cumulative_incidence(frame, ["advance", "lost"]), "advance", 4).value == 0.5


@settings(deadline=None)
@given(cases_of, st.randoms(use_true_random=False))
def test_order_of_rows_is_irrelevant(cases, random):
    shuffled = list(cases)
    random.shuffle(shuffled)
    pd.testing.assert_frame_equal(survival.kaplan_meier(counts(cases)), survival.kaplan_meier(counts(shuffled)))


@settings(deadline=None)
@given(cases_of)
def test_doubling_every_row_keeps_the_curve_and_narrows_the_band(cases):
    once, twice = (survival.kaplan_meier(counts(c)) for c in (cases, cases * 2))
    assert twice["survival"].tolist() == pytest.approx(once["survival"].tolist())
    assert twice["events"].tolist() == (once["events"] * 2).tolist()
    wide, narrow = (c["high"] - c["low"] for c in (once, twice))
    assert (narrow[narrow.notna()] <= wide[narrow.notna()] + 1e-12).all()


@settings(deadline=None)
@given(cases_of)
def test_band_stays_between_zero_and_one_around_the_curve(cases):
    curve = survival.kaplan_meier(counts(cases)).dropna()
    assert ((curve["low"] >= 0) & (curve["low"] <= curve["survival"] + 1e-12)).all()
    assert ((curve["high"] <= 1) & (curve["high"] >= curve["survival"] - 1e-12)).all()


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 2)), min_size=1, max_size=40))
def test_incidence_without_open_cases_is_a_plain_share_with_its_binomial_error(cases):
    both = competing.cumulative_incidence(by_cause(cases), ["advance", "lost"])
    row = both[both["cause"] == "advance"].iloc[-1]
    share = sum(kind == 1 for _, kind in cases) / len(cases)
    assert row["incidence"] == pytest.approx(share)
    assert row["std_error"] == pytest.approx((share * (1 - share) / len(cases)) ** 0.5, abs=1e-7)


def test_one_cause_alone_is_kaplan_meier_with_greenwood():
    curve = survival.kaplan_meier(counts(GOLDEN)).iloc[:-1]
    alone = competing.cumulative_incidence(counts(GOLDEN), ["events"]).iloc[:-1]
    assert alone["incidence"].tolist() == pytest.approx((1 - curve["survival"]).tolist())
    assert alone["std_error"].tolist() == pytest.approx(curve["std_error"].tolist())
    assert alone["low"].tolist() == pytest.approx((1 - curve["high"]).tolist())


# --- edges ----------------------------------------------------------------------------------------------------


def test_an_opportunity_closed_on_a_day_is_at_risk_for_what_ended_that_day():
    curve = survival.kaplan_meier(counts([(5, 1), (5, 0)]))
    assert curve["survival"].tolist() == [0.5], "events precede censorings: one of two, not one of one"


def test_same_day_endings_lower_the_start_of_the_curve():
    curve = survival.kaplan_meier(counts([(0, 1), (0, 1), (3, 1), (4, 0)]))
    assert curve["days"].tolist() == [0, 3, 4]
    assert curve["survival"].tolist() == [0.5, 0.25, 0.25]
    assert survival.quantile(curve).value == 0


def test_median_is_not_reached_while_more_than_half_are_still_going_on():
    """Two of ten have ended: the median is unknown, but its lower limit is the day where the band allows one half."""
    curve = survival.kaplan_meier(counts([(3, 1), (4, 1), *[(9, 0)] * 8]))
    assert curve["survival"].tolist() == pytest.approx([0.9, 0.8, 0.8])
    assert limits(survival.quantile(curve)) == (None, 3, None)


def test_dropping_open_cases_would_shorten_the_median():
    """The trap of every report that looks at closed opportunities only."""
    cases = [*[(10, 1)] * 5, *[(40, 0)] * 4, (60, 1)]
    honest = survival.quantile(survival.kaplan_meier(counts(cases))).value
    closed_only = survival.quantile(survival.kaplan_meier(counts([c for c in cases if c[1]]))).value
    assert (closed_only, honest) == (10, 10)
    more_open = [*cases, (40, 0), (40, 0)]
    assert survival.quantile(survival.kaplan_meier(counts(more_open))).value == 60


def test_a_curve_that_falls_to_exactly_one_half_reaches_its_median():
    """0.9 · 8/9 · … ends at 0.5 up to a rounding error, which must not postpone the median to the next event."""
    curve = survival.kaplan_meier(counts([(day, 1) for day in range(1, 11)]))
    assert survival.quantile(curve).value == 5
    assert survival.quantile(curve, 0.9).value == 9


def test_fewer_than_five_events_give_no_median_and_say_why():
    few = counts([(1, 1)] * 4 + [(9, 0)]).assign(segment="KA")
    many = counts([(1, 1)] * 6).assign(segment="SMB")
    open_ones = counts([(1, 1)] * 5 + [(9, 0)] * 20).assign(segment="MID")
    table = survival.quantiles(pd.concat([few, many, open_ones]), ["segment"], 0.5)
    assert table[["segment", "n", "events", "censored", "reason"]].to_numpy().tolist() == [
        ["KA", 5, 4, 1, "few_events"], ["SMB", 6, 6, 0, ""], ["MID", 25, 5, 20, "not_reached"]]
    assert table["value"].tolist()[1] == 1
    assert table["value"].isna().tolist() == [True, False, True]


def test_groups_get_the_curve_they_would_get_alone():
    both = pd.concat([counts(AML_MAINTAINED).assign(arm="yes"), counts(AML_NOT).assign(arm="no")])
    together = survival.curves(both, ["arm"])
    alone = survival.kaplan_meier(counts(AML_NOT))
    pd.testing.assert_frame_equal(together[together["arm"] == "no"].drop(columns="arm").reset_index(drop=True), alone)


def test_nothing_in_gives_nothing_out():
    empty = counts([])
    curve = survival.kaplan_meier(empty)
    assert curve.empty
    assert list(curve.columns) == list(survival.CURVE)
    assert limits(survival.quantile(curve)) == (None, None, None)
    assert survival.curves(empty.assign(segment=""), ["segment"]).empty
    assert survival.quantiles(empty.assign(segment=""), ["segment"], 0.5).empty
    both = competing.cumulative_incidence(by_cause([]), ["advance", "lost"])
    assert both.empty
    assert not competing.incidence_at(both, "advance", 30).is_known


@pytest.mark.parametrize("row", [
    {"days": -1, "events": 1, "censored": 0}, {"days": 1, "events": -1, "censored": 0},
    {"days": None, "events": 1, "censored": 0}, {"days": 1, "events": 0.5, "censored": 0}], ids=str)
def test_impossible_counts_are_refused(row):
    with pytest.raises(ValueError, match=r"negative|whole"):
        survival.kaplan_meier(pd.DataFrame([row]))


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match="censored"):
        survival.kaplan_meier(pd.DataFrame({"days": [1], "events": [1]}))


def test_hours_are_fractions_of_a_day():
    curve = survival.kaplan_meier(counts([(0.25, 1), (0.5, 1), (0.75, 0)]))
    assert survival.quantile(curve).value == 0.5


def test_nobody_knows_what_comes_after_the_longest_watch():
    """A cohort watched for 20 days cannot answer for 90; one in which everybody has ended can."""
    young = by_cause([(5, 1), (10, 2), (20, 0)])
    curve = competing.cumulative_incidence(young, ["advance", "lost"])
    assert competing.incidence_at(curve, "advance", 20).value == pytest.approx(1 / 3)
    assert competing.incidence_at(curve, "advance", 21).value is None
    ended = competing.cumulative_incidence(by_cause([(5, 1), (10, 2)]), ["advance", "lost"])
    assert competing.incidence_at(ended, "advance", 90).value == 0.5
    left = survival.kaplan_meier(young.assign(events=young["advance"] + young["lost"]))
    assert survival.survival_at(left, 21).value is None


def test_nothing_happened_yet_is_not_a_certain_zero():
    curve = competing.cumulative_incidence(by_cause([(40, 0)] * 3), ["advance", "lost"])
    found = competing.incidence_at(curve, "advance", 30)
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(intervals.wilson(0, 3).high)


def test_matured_conversion_per_group_says_what_it_cannot_know():
    old, young = by_cause([(10, 1), (20, 1), (25, 2), (95, 0)]), by_cause([(3, 1), (20, 0)])
    both = survival.checked(pd.concat([old, young]), ["advance", "lost"])
    assert competing.incidence_of(both[:4], 90).value == pytest.approx(0.5)
    assert competing.incidence_of(both[4:], 90) == NOT_KNOWN


def test_two_groups_without_events_cannot_be_compared():
    assert logrank([(5, 0)], [(9, 0)]) is None
