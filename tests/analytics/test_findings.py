"""Sentences above the charts: what they claim, what they leave open, and that noise is not called a finding."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.findings import (
    Finding,
    slowest_stage,
    watched,
    weakest_step,
)

NAMES = {"need": "Need", "quote": "Quote", "sign": "Signing", "won": "Won"}


def steps(*rows):
    return pd.DataFrame(rows, columns=["stage", "next_stage", "n", "reached", "open"])


def stages(*rows):
    return pd.DataFrame(rows, columns=["stage", "n", "events", "value", "low", "high"])


def test_the_step_where_fewest_go_on_is_named_with_its_n():
    funnel = steps(("need", "quote", 200, 160, 10), ("quote", "sign", 160, 60, 10), ("sign", "won", 60, 50, 5))
    assert weakest_step(funnel, "en", what="Conversion", name=NAMES.get) == Finding(
        "Quote → Signing is the weakest step, 37.5% (n = 160)", "clear")
    assert weakest_step(funnel, "zh", what="转化率").text == "“quote”到“sign”继续推进的最少：仅 37.5%（n = 160）"


def test_a_step_that_is_hardly_lower_than_another_is_not_singled_out():
    funnel = steps(("need", "quote", 40, 24, 0), ("quote", "sign", 24, 14, 0), ("sign", "won", 14, 12, 0))
    found = weakest_step(funnel, "en", what="Conversion", name=NAMES.get)
    assert found.strength == "unclear"
    assert found.text == "Quote → Signing is the weakest step, 58.3% (n = 24); Need → Quote (60.0%) may be as low"


def test_a_step_with_many_open_cases_can_still_rise():
    funnel = steps(("need", "quote", 200, 160, 0), ("quote", "sign", 160, 40, 100), ("sign", "won", 40, 36, 0))
    found = weakest_step(funnel, "en", what="Conversion", name=NAMES.get)
    assert found == Finding(
        "Quote → Signing is the weakest step, 25.0% (n = 160); 63% are still open, so it can rise", "unclear")


@pytest.mark.parametrize("empty", [steps(), steps(("need", "quote", 0, 0, 0))])
def test_an_empty_funnel_has_nothing_to_show(empty):
    assert weakest_step(empty, "en", what="Conversion").strength == "nothing"


def test_a_single_step_is_stated_without_a_comparison():
    found = weakest_step(steps(("need", "won", 100, 37, 0)), "en", what="Conversion", name=NAMES.get)
    assert found.text == "37.0% go on from Need to Won (n = 100)"


def test_the_slowest_stage_is_named_if_no_other_may_take_as_long():
    table = stages(("need", 90, 80, 8, 6, 10), ("quote", 70, 60, 25, 20, 31), ("sign", 50, 45, 12, 9, 15))
    assert slowest_stage(table, "en", what="Days", name=NAMES.get) == Finding(
        "Quote takes longest, half have left after 25 days (n = 70)", "clear")
    close = stages(("need", 90, 80, 22, 17, 27), ("quote", 70, 60, 25, 20, 31))
    assert slowest_stage(close, "en", what="Days", name=NAMES.get) == Finding(
        "Quote takes longest, half have left after 25 days (n = 70); Need (22 days) may take as long",
        "unclear")


def test_a_stage_that_most_have_not_left_is_slower_than_any_median():
    table = stages(("need", 90, 80, 8, 6, 10), ("quote", 70, 20, None, 31, None))
    assert slowest_stage(table, "en", what="Days", name=NAMES.get).text == (
        "Quote takes longest, more than half have not left it yet (n = 70)")


def test_a_stage_watched_for_less_than_another_takes_is_not_called_the_slowest():
    """12 of 40 have left, nobody was watched for more than 60 days: nothing says that the median lies above 120."""
    table = stages(("need", 90, 80, 120, 100, 140), ("quote", 40, 12, None, None, None))
    assert slowest_stage(table, "en", what="Days", name=NAMES.get, watched={"quote": 60.0}) == Finding(
        "Need takes longest, half have left after 120 days (n = 90); Quote may take as long, more than half have not "
        "left it yet", "unclear")
    assert slowest_stage(table, "en", what="Days", name=NAMES.get, watched={"quote": 130.0}) == Finding(
        "Quote takes longest, more than half have not left it yet (n = 40); Need (120 days) may take as long",
        "unclear")
    assert slowest_stage(table, "en", what="Days", name=NAMES.get, watched={"quote": 150.0}) == Finding(
        "Quote takes longest, more than half have not left it yet (n = 40)", "clear")


def test_a_stage_whose_limit_is_above_all_that_others_may_take_is_the_slowest_and_of_two_open_ones_neither():
    table = stages(("need", 90, 80, 8, 6, 10), ("quote", 70, 20, None, 9, None))
    assert slowest_stage(table, "en", what="Days", name=NAMES.get, watched={"quote": 300.0}).strength == "unclear"
    two = stages(("need", 90, 30, None, 6, None), ("quote", 70, 20, None, 31, None))
    found = slowest_stage(two, "en", what="Days", name=NAMES.get, watched={"need": 50.0, "quote": 60.0})
    assert found == Finding("Quote takes longest, more than half have not left it yet (n = 70); Need may take as long, "
                            "more than half have not left it yet", "unclear")


def test_a_stage_alone_is_not_called_the_slowest():
    one = stages(("need", 421, 8, None, None, None), ("quote", 3, 2, None, None, None))
    assert slowest_stage(one, "en", what="Days", name=NAMES.get, watched={"need": 59.0}) == Finding(
        "More than half have not left Need yet (n = 421)", "unclear")
    assert slowest_stage(one.assign(value=8.0), "en", what="Days", name=NAMES.get).text == (
        "Half have left Need after 8 days (n = 421)")


def test_a_stage_counts_as_watched_as_long_as_five_were():
    curves = pd.DataFrame({"stage": ["need"] * 3, "days": [0.0, 30.0, 400.0], "at_risk": [40, 5, 4]})
    assert watched(curves) == {"need": 30.0}


def test_a_stage_with_few_events_is_not_called_slow():
    table = stages(("need", 90, 80, 8, 6, 10), ("quote", 70, 4, None, None, None))
    assert "Need" in slowest_stage(table, "en", what="Days", name=NAMES.get).text


def test_pure_noise_is_rarely_called_a_finding():
    """600 samples without any difference: a step may be called "clear" in at most about one of twenty."""
    random = np.random.default_rng(20260930)
    clear = 0
    for _ in range(600):
        x = random.binomial(80, 0.4, 7)
        funnel = pd.DataFrame({"stage": list("abcdefg"), "next_stage": list("bcdefgh"), "n": 80, "reached": x})
        clear += weakest_step(funnel, "en", what="").strength == "clear"
    assert clear / 600 < 0.08
