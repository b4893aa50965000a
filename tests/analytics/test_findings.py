"""Sentences above the charts: what they claim, what they leave open, and that noise is not called a finding."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from analytics.findings import (
    Finding,
    Share,
    against_standard,
    change_of_days,
    change_of_share,
    compare_days,
    compare_shares,
    half_left,
    slowest_stage,
    trend,
    weakest_step,
)
from analytics.statistics.estimate import Estimate

NAMES = {"need": "Need", "quote": "Quote", "sign": "Signing", "won": "Won"}


def steps(*rows):
    return pd.DataFrame(rows, columns=["stage", "next_stage", "n", "reached", "open"])


def stages(*rows):
    return pd.DataFrame(rows, columns=["stage", "n", "events", "value", "low", "high"])


def test_the_step_where_fewest_go_on_is_named_with_its_n():
    funnel = steps(("need", "quote", 200, 160, 10), ("quote", "sign", 160, 60, 10), ("sign", "won", 60, 50, 5))
    assert weakest_step(funnel, "en", what="Conversion", name=NAMES.get) == Finding(
        "Fewest go on from Quote to Signing: 37.5% (n = 160)", "clear")
    assert weakest_step(funnel, "zh", what="转化率").text == "流失最多的是“quote”到“sign”：仅 37.5% 继续推进（n = 160）"


def test_a_step_that_is_hardly_lower_than_another_is_not_singled_out():
    funnel = steps(("need", "quote", 40, 24, 0), ("quote", "sign", 24, 14, 0), ("sign", "won", 14, 12, 0))
    found = weakest_step(funnel, "en", what="Conversion", name=NAMES.get)
    assert found.strength == "unclear"
    assert found.text == "Fewest go on from Quote to Signing: 58.3% (n = 24); Need → Quote (60.0%) may be just as low"


def test_a_step_with_many_open_cases_can_still_rise():
    funnel = steps(("need", "quote", 200, 160, 0), ("quote", "sign", 160, 40, 100), ("sign", "won", 40, 36, 0))
    found = weakest_step(funnel, "en", what="Conversion", name=NAMES.get)
    assert found == Finding(
        "Fewest go on from Quote to Signing: 25.0% (n = 160); 63% are still open, so it can rise", "unclear")


def test_small_numbers_get_their_n_and_no_statement():
    found = weakest_step(steps(("need", "quote", 4, 1, 0), ("quote", "sign", 1, 0, 0)), "en", what="Conversion")
    assert found == Finding("Conversion: too few cases (n = 4) for a statement", "too_few")
    found = compare_shares("赢单率", Share("KA", 1, 3), Share("SMB", 90, 100), "zh")
    assert found == Finding("赢单率：样本太少（n = 3），不下结论", "too_few")


@pytest.mark.parametrize("empty", [steps(), steps(("need", "quote", 0, 0, 0))])
def test_an_empty_funnel_has_nothing_to_show(empty):
    assert weakest_step(empty, "en", what="Conversion").strength == "nothing"


def test_a_single_step_is_stated_without_a_comparison():
    found = weakest_step(steps(("need", "won", 100, 37, 0)), "en", what="Conversion", name=NAMES.get)
    assert found.text == "37.0% go on from Need to Won (n = 100)"


def test_two_segments_differ_beyond_chance_only_if_the_interval_of_their_difference_leaves_zero_out():
    """Newcombe 1998, table II: 56/70 against 48/80 is 0.052 to 0.334; 9/10 against 6/10 holds zero."""
    clear = compare_shares("Win rate", Share("KA", 56, 70), Share("SMB", 48, 80), "en")
    assert clear == Finding(
        "Win rate: KA 80.0%, SMB 60.0%; the difference of +20.0 pp is more than chance explains", "clear")
    unclear = compare_shares("Win rate", Share("KA", 9, 10), Share("SMB", 6, 10), "en")
    assert unclear == Finding(
        "Win rate: KA 90.0%, SMB 60.0%; the difference can be chance (n = 10 and 10)", "unclear")


def test_durations_of_two_segments_are_apart_when_their_intervals_do_not_touch():
    ka, smb = ("KA", Estimate(40, 35, 47), 80), ("SMB", Estimate(12, 10, 15), 120)
    found = compare_days("Median days", ka, smb, "en")
    assert found == Finding(
        "Median days: KA 40 days, SMB 12 days; the difference of +28 days is more than chance explains", "clear")
    assert compare_days("Median days", ka, smb, "en", p_value=0.2).strength == "unclear", "the test decides"


def test_a_median_that_is_not_reached_is_said_whichever_side_it_is_on():
    ka, smb = ("KA", Estimate(None, 60, None), 20), ("SMB", Estimate(12, 10, 15), 120)
    text = "Median days: SMB 12 days; for KA it is not reached yet, more than half are still going on"
    assert compare_days("Median days", ka, smb, "en") == Finding(text, "clear")
    assert compare_days("Median days", smb, ka, "en") == Finding(text, "clear")


def test_the_slowest_stage_is_named_if_no_other_may_take_as_long():
    table = stages(("need", 90, 80, 8, 6, 10), ("quote", 70, 60, 25, 20, 31), ("sign", 50, 45, 12, 9, 15))
    assert slowest_stage(table, "en", what="Days", name=NAMES.get) == Finding(
        "Quote takes longest: 25 days for half of the opportunities (n = 70)", "clear")
    close = stages(("need", 90, 80, 22, 17, 27), ("quote", 70, 60, 25, 20, 31))
    assert slowest_stage(close, "en", what="Days", name=NAMES.get) == Finding(
        "Quote takes longest: 25 days for half of the opportunities (n = 70); Need (22 days) may take as long",
        "unclear")


def test_a_stage_that_most_have_not_left_is_slower_than_any_median():
    table = stages(("need", 90, 80, 8, 6, 10), ("quote", 70, 20, None, 31, None))
    assert slowest_stage(table, "en", what="Days", name=NAMES.get).text == (
        "Quote takes longest: more than half of the opportunities have not left it yet (n = 70)")


def test_a_stage_with_few_events_is_not_called_slow():
    table = stages(("need", 90, 80, 8, 6, 10), ("quote", 70, 4, None, None, None))
    assert "Need" in slowest_stage(table, "en", what="Days", name=NAMES.get).text


def test_a_move_against_the_last_period_is_real_or_can_be_chance():
    fell = change_of_share("Win rate", Share("now", 40, 200), Share("before", 80, 200), "en")
    assert fell == Finding("Win rate fell from 40.0% to 20.0% (−20.0 pp), more than chance explains", "clear")
    rose = change_of_share("赢单率", Share("now", 80, 200), Share("before", 40, 200), "zh")
    assert rose.text == "赢单率由 20.0% 升至 40.0%（+20.0 个百分点），超出偶然波动"
    noise = change_of_share("Win rate", Share("now", 8, 20), Share("before", 6, 20), "en")
    assert noise == Finding("Win rate is 40.0%, before 30.0% (+10.0 pp): a move of this size can be chance", "unclear")
    same = change_of_share("Win rate", Share("now", 8, 20), Share("before", 8, 20), "en")
    assert same.text == "Win rate is unchanged at 40.0%"


def test_a_duration_that_moved_is_judged_by_its_intervals_or_by_the_test():
    now, before = Estimate(18, 15, 22), Estimate(10, 8, 12)
    longer = change_of_days("Median days", now, before, "en", events=60, events_before=70)
    assert longer == Finding("Median days rose from 10 days to 18 days (+8 days), more than chance explains", "clear")
    assert change_of_days("Median days", now, before, "en", events=60, events_before=3).strength == "too_few"
    by_test = change_of_days("Median days", now, before, "en", events=60, events_before=70, p_value=0.3)
    assert by_test.strength == "unclear"


def test_a_trend_is_one_only_if_the_test_says_so():
    falling = pd.DataFrame({"x": [50, 45, 38, 30], "n": [100] * 4})
    assert trend("Win rate", falling, "en") == Finding(
        "Win rate has been falling over 4 periods, on average from 50.8% to 30.7%; more than chance explains", "clear")
    swinging = pd.DataFrame({"x": [50, 30, 52, 31], "n": [100] * 4})
    assert trend("Win rate", swinging, "en").strength == "unclear"
    assert trend("Win rate", pd.DataFrame({"x": [1, 2], "n": [50, 50]}), "en").strength == "too_few"
    assert trend("Win rate", pd.DataFrame({"x": [], "n": []}), "en").strength == "nothing"


def test_an_empty_quarter_stays_a_gap_in_the_trend():
    """20 %, 34 %, 31 % in a row are no trend (P = 0.084); two empty ones after the first make it one (P = 0.037)."""
    in_a_row = pd.DataFrame({"x": [20, 34, 31], "n": [100, 100, 100]})
    with_gap = pd.DataFrame({"x": [20, 0, 0, 34, 31], "n": [100, 0, 0, 100, 100]})
    assert trend("Win rate", in_a_row, "en").strength == "unclear"
    assert trend("Win rate", with_gap, "en") == Finding(
        "Win rate has been rising over 3 periods, on average from 20.9% to 33.7%; more than chance explains", "clear")


def test_neither_a_lucky_case_nor_an_unfinished_quarter_is_the_end_of_a_trend():
    """Falling from 60 % to 30 %, then one won of one: not "falling to 100 %"."""
    falling = pd.DataFrame({"x": [60, 50, 40, 30, 1], "n": [100, 100, 100, 100, 1]})
    assert trend("Win rate", falling, "en").text == (
        "Win rate has been falling over 4 periods, on average from 60.0% to 30.0%; more than chance explains")
    unfinished = falling.assign(x=[60, 50, 40, 30, 20], n=[100, 100, 100, 100, 20], is_complete=[True] * 4 + [False])
    assert trend("Win rate", unfinished, "en") == trend("Win rate", falling, "en")


def test_the_figures_of_a_trend_go_the_way_that_its_words_say():
    random = np.random.default_rng(20261122)
    told = {"rising": 0, "falling": 0}
    for _ in range(500):
        n = random.integers(0, 120, 12)
        x = random.binomial(n, np.clip(np.linspace(*random.random(2), 12) + random.normal(0, 0.2, 12), 0, 1))
        found = trend("Win rate", pd.DataFrame({"x": x, "n": n}), "en")
        if found.strength != "clear":
            continue
        first, last = (float(part) for part in re.findall(r"([0-9.]+)%", found.text))
        word = "rising" if "rising" in found.text else "falling"
        told[word] += 1
        assert last > first if word == "rising" else last < first, found.text
    assert min(told.values()) > 50, "both directions were seen"


def test_a_standard_is_missed_beyond_chance_or_perhaps_by_chance():
    assert against_standard("Win rate", Estimate(0.25, 0.2, 0.3), 0.2, "up", "en", n=100).text == (
        "Win rate: 25.0%, the standard of 20.0% is met")
    assert against_standard("Win rate", Estimate(0.1, 0.06, 0.15), 0.2, "up", "en", n=100) == Finding(
        "Win rate: 10.0% misses the standard of 20.0% by −10.0 pp, more than chance explains", "clear")
    assert against_standard("Cycle", Estimate(50, 40, 62), 45, "down", "en", kind="days", n=30) == Finding(
        "Cycle: 50 days, the standard is 45 days; the gap of +5 days can be chance", "unclear")
    assert against_standard("Cycle", Estimate(50, 40, 62), None, "down", "en", kind="days", n=30).strength == "too_few"


def test_a_survival_curve_says_when_half_have_left_and_who_is_still_there():
    assert half_left("Quote", Estimate(13, 10, 18), 80, 12, 60, "en").text == (
        "Half have left Quote after 13 days; 12 of 80 are still there")
    assert half_left("报价", Estimate(None, 30, None), 80, 60, 20, "zh").text == (
        "超过一半仍未离开“报价”；80 个中有 60 个仍在其中")


def test_pure_noise_is_rarely_called_a_finding():
    """600 samples without any difference: each kind of sentence may be "clear" in at most about one of twenty."""
    random = np.random.default_rng(20260930)
    clear = dict.fromkeys(("weakest", "pair", "change", "trend"), 0)
    for _ in range(600):
        x = random.binomial(80, 0.4, 7)
        funnel = pd.DataFrame({"stage": list("abcdefg"), "next_stage": list("bcdefgh"), "n": 80, "reached": x})
        clear["weakest"] += weakest_step(funnel, "en", what="").strength == "clear"
        a, b, c, d = (Share("", int(value), 80) for value in x[:4])
        clear["pair"] += compare_shares("", a, b, "en").strength == "clear"
        clear["change"] += change_of_share("", c, d, "en").strength == "clear"
        clear["trend"] += trend("", pd.DataFrame({"x": x, "n": 80}), "en").strength == "clear"
    assert all(count / 600 < 0.08 for count in clear.values()), clear


def test_a_planted_difference_is_nearly_always_found():
    random = np.random.default_rng(20260930)
    pairs = zip(random.binomial(150, 0.3, 200), random.binomial(150, 0.5, 200), strict=True)
    found = sum(compare_shares("", Share("", int(x), 150), Share("", int(y), 150), "en").strength == "clear"
                for x, y in pairs)
    assert found / 200 > 0.9
